package dev.cameleon.contract;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks the references of a contract. A validator follows them, but marks do not apply through
 * them: a field that refers to a marked one has its rules, and its value would be stored unmasked.
 */
final class References {
  private static final String PII = "x-pii";
  private static final List<String> KEYWORDS = List.of("$ref", "$dynamicRef");
  private static final List<String> ANCHORS = List.of("$anchor", "$dynamicAnchor");
  private static final Pattern IN_PROPERTY = Pattern.compile("(/properties/[^/]+)(/.*)?");

  private final JsonNode document;

  References(JsonNode document) {
    this.document = document;
  }

  /**
   * The problems with the references of a schema, each as one sentence.
   *
   * @param at the schema's JSON Pointer
   */
  List<String> problems(JsonNode schema, String at) {
    List<String> problems = new ArrayList<>();
    for (String keyword : KEYWORDS) {
      if (schema.path(keyword).isTextual()) {
        problem(schema.path(keyword).asText(), at)
            .ifPresent(problem -> problems.add(keyword + ContractPitfalls.place(at) + problem));
      }
    }
    return problems;
  }

  private Optional<String> problem(String reference, String at) {
    if (!reference.startsWith("#")) {
      return Optional.of(" must begin with #, because a contract is one file");
    }
    if (isMasked(at)) {
      return Optional.empty();
    }
    List<JsonNode> targets =
        pointer(reference).isPresent() ? pointed(reference) : anchored(reference);
    if (targets.isEmpty()) {
      return Optional.of(
          " points to nothing: without its target (a place such as #/$defs/name, or an"
              + " $anchor) Cameleon cannot tell whether the value is masked");
    }
    // A mark anywhere in the target counts: the document itself has marks on its properties.
    return targets.stream().anyMatch(target -> target.findValue(PII) != null)
        ? Optional.of(
            " points to a schema with a mark, and Cameleon does not follow marks"
                + " through references; repeat "
                + PII
                + " at the top-level property, or refer to rules without it, in $defs")
        : Optional.empty();
  }

  /** Whether a place is inside a top-level property that is masked as a whole. */
  private boolean isMasked(String at) {
    Matcher property = IN_PROPERTY.matcher(at);
    return property.matches() && document.at(property.group(1)).has(PII);
  }

  /** The JSON Pointer (RFC 6901) of a reference within the file; empty for an anchor. */
  static Optional<String> pointer(String reference) {
    return decoded(reference).filter(to -> to.isEmpty() || to.startsWith("/"));
  }

  /** The target of a JSON Pointer; empty if it does not exist, and for an anchor. */
  Optional<JsonNode> target(String reference) {
    return pointed(reference).stream().findFirst();
  }

  private List<JsonNode> pointed(String reference) {
    return pointer(reference)
        .map(to -> document.at(JsonPointer.compile(to)))
        .filter(target -> !target.isMissingNode())
        .stream()
        .toList();
  }

  /** Every schema with this anchor, or anything that looks like one. */
  private List<JsonNode> anchored(String reference) {
    return decoded(reference)
        .map(
            name ->
                ANCHORS.stream()
                    .flatMap(keyword -> document.findParents(keyword).stream())
                    .filter(
                        schema ->
                            ANCHORS.stream().anyMatch(a -> name.equals(schema.path(a).asText())))
                    .toList())
        .orElse(List.of());
  }

  /**
   * The fragment, without # and with its characters decoded (RFC 3986 §2.1); empty if that is
   * impossible.
   */
  private static Optional<String> decoded(String reference) {
    try {
      return reference.startsWith("#")
          ? Optional.of(
              URLDecoder.decode(reference.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}

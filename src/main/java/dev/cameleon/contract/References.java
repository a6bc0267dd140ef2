package dev.cameleon.contract;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The references of a contract. Marks apply only through a {@code $ref} that {@link ContractReader}
 * follows, but a validator follows all references: through any other one, a field would get the
 * rules of a marked field while its value is stored unmasked.
 */
final class References {
  private static final List<String> KEYWORDS = List.of("$ref", "$dynamicRef");
  private static final List<String> ANCHORS = List.of("$anchor", "$dynamicAnchor");

  private final JsonNode document;

  References(JsonNode document) {
    this.document = document;
  }

  /**
   * The problems with the references of a schema, each as one sentence.
   *
   * @param at the schema's JSON Pointer
   * @param safe whether the value is masked, or marks apply through {@code $ref}
   */
  List<String> problems(JsonNode schema, String at, boolean safe) {
    List<String> problems = new ArrayList<>();
    for (String keyword : KEYWORDS) {
      if (schema.path(keyword).isTextual()) {
        problem(schema.path(keyword).asText(), safe)
            .ifPresent(problem -> problems.add(keyword + ContractPitfalls.place(at) + problem));
      }
    }
    return problems;
  }

  private Optional<String> problem(String reference, boolean safe) {
    if (!reference.startsWith("#")) {
      return Optional.of(" must begin with #, because a contract is one file");
    }
    List<JsonNode> targets = targets(reference);
    if (targets.isEmpty()) {
      return Optional.of(
          " points to nothing: without its target (a place such as #/$defs/name, or an"
              + " $anchor) Cameleon cannot tell whether the value is masked");
    }
    return !safe && targets.stream().anyMatch(target -> isMarked(target, new HashSet<>()))
        ? Optional.of(
            " points to a schema with a mark, and marks do not apply through this reference; repeat "
                + Keywords.PII
                + " at the property, or refer to rules without it, in $defs")
        : Optional.empty();
  }

  /**
   * Whether there is a mark anywhere in a schema, or in a schema that it refers to, which may be
   * the document itself.
   */
  private boolean isMarked(JsonNode schema, Set<String> seen) {
    return schema.findValue(Keywords.PII) != null
        || KEYWORDS.stream()
            .flatMap(keyword -> schema.findValuesAsText(keyword).stream())
            .filter(seen::add)
            .flatMap(reference -> targets(reference).stream())
            .anyMatch(target -> isMarked(target, seen));
  }

  /** The JSON Pointer (RFC 6901) of a reference within the file; empty for an anchor. */
  static Optional<String> pointer(String reference) {
    return decoded(reference).filter(to -> to.isEmpty() || to.startsWith("/"));
  }

  /** The only target of a reference; empty if there is none, or more than one. */
  Optional<JsonNode> target(String reference) {
    List<JsonNode> targets = targets(reference);
    return targets.size() == 1 ? Optional.of(targets.get(0)) : Optional.empty();
  }

  private List<JsonNode> targets(String reference) {
    Optional<String> pointer = pointer(reference);
    if (pointer.isEmpty()) {
      return anchored(reference);
    }
    JsonNode target = document.at(JsonPointer.compile(pointer.get()));
    return target.isMissingNode() ? List.of() : List.of(target);
  }

  /** Every schema with this anchor, and anything else that looks like one. */
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

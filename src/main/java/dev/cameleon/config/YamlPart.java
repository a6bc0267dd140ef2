package dev.cameleon.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.SafeQuote;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** A part of a YAML file that knows its line. */
public final class YamlPart {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final Path file;
  private final Node node;

  private YamlPart(Path file, Node node) {
    this.file = file;
    this.node = node;
  }

  /**
   * Reads a file.
   *
   * @throws InvalidSettingsException with the place, if it is not YAML, is empty, or has a
   *     duplicate key or a key that is not a text
   */
  public static YamlPart read(Path file) throws InvalidSettingsException {
    try {
      return parse(file, Files.readString(file));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * As {@link #read}, from the text of the file.
   *
   * @param file for messages
   * @throws InvalidSettingsException with the place
   */
  public static YamlPart parse(Path file, String text) throws InvalidSettingsException {
    try {
      Optional<Node> root = new Compose(LoadSettings.builder().build()).composeString(text);
      YamlPart part =
          new YamlPart(
              file, root.orElseThrow(() -> new InvalidSettingsException(path(file) + " is empty")));
      part.requireReadable();
      return part;
    } catch (MarkedYamlEngineException e) {
      String at = e.getProblemMark().map(mark -> ":" + (mark.getLine() + 1)).orElse("");
      throw new InvalidSettingsException(path(file) + at + ": is not valid YAML");
    } catch (YamlEngineException e) {
      throw unreadable(file, e);
    }
  }

  private static InvalidSettingsException unreadable(Path file, Exception failure) {
    return new InvalidSettingsException(
        path(file) + " cannot be read (" + failure.getClass().getSimpleName() + ")");
  }

  private static String path(Path file) {
    return SafeQuote.path(file);
  }

  private void requireReadable() throws InvalidSettingsException {
    if (node.isRecursive()) {
      throw new InvalidSettingsException(place() + ": an alias leads back to itself");
    }
    if (node instanceof MappingNode mapping) {
      Map<String, YamlPart> entries = entries();
      if (entries.size() < mapping.getValue().size()) {
        throw new InvalidSettingsException(place() + ": a key occurs twice, or is not a text");
      }
    }
    for (YamlPart part : parts()) {
      part.requireReadable();
    }
  }

  /** The direct children. */
  public List<YamlPart> parts() {
    return node instanceof MappingNode ? List.copyOf(entries().values()) : elements();
  }

  /** The file and line of its beginning, as {@code file:line}. */
  public String place() {
    return path(file) + ":" + line();
  }

  /** The line of its beginning, from 1. */
  public int line() {
    return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }

  /** Whether it is a mapping. */
  public boolean isMapping() {
    return node instanceof MappingNode;
  }

  /** Whether it is a list. */
  public boolean isList() {
    return node instanceof SequenceNode;
  }

  /** The entries of a mapping, in order; empty for anything else. */
  public Map<String, YamlPart> entries() {
    Map<String, YamlPart> entries = new LinkedHashMap<>();
    if (node instanceof MappingNode mapping) {
      for (NodeTuple each : mapping.getValue()) {
        if (each.getKeyNode() instanceof ScalarNode key) {
          entries.put(key.getValue(), new YamlPart(file, each.getValueNode()));
        }
      }
    }
    return entries;
  }

  /** The elements of a list; empty for anything else. */
  public List<YamlPart> elements() {
    return node instanceof SequenceNode list
        ? list.getValue().stream().map(each -> new YamlPart(file, each)).toList()
        : List.of();
  }

  /** The characters of a scalar; an empty string for a list or mapping. */
  public String text() {
    return node instanceof ScalarNode scalar ? scalar.getValue() : "";
  }

  /** Its value as JSON. */
  public JsonNode json() {
    if (node instanceof MappingNode) {
      ObjectNode object = JSON.objectNode();
      entries().forEach((key, value) -> object.set(key, value.json()));
      return object;
    }
    if (node instanceof SequenceNode) {
      ArrayNode array = JSON.arrayNode();
      elements().forEach(each -> array.add(each.json()));
      return array;
    }
    String text = text();
    if (node.getTag().equals(Tag.NULL)) {
      return JSON.nullNode();
    }
    if (node.getTag().equals(Tag.BOOL)) {
      return JSON.booleanNode(Boolean.parseBoolean(text));
    }
    if (node.getTag().equals(Tag.INT)) {
      return JSON.numberNode(new BigInteger(text));
    }
    // YAML's .inf and .nan have no form in JSON and stay texts.
    return node.getTag().equals(Tag.FLOAT) && text.matches("[-+0-9.eE]+")
        ? DecimalNode.valueOf(new BigDecimal(text))
        : JSON.textNode(text);
  }
}

package dev.cameleon.sqs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.contract.RejectedException;
import dev.cameleon.contract.StrictJson;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/**
 * The message attributes that the sender set: all except Cameleon's own. A dead letter carries them
 * as JSON in one attribute ({@link #PACKED}), because SQS allows only ten per message; a replay
 * with too many attributes does the same.
 *
 * @param values by name: personal
 * @param leftOut names of attributes for which a dead letter had no room, or {@link #ALL}
 */
public record SenderAttributes(Map<String, MessageAttributeValue> values, List<String> leftOut) {
  /** The attribute that holds them as JSON. */
  public static final String PACKED = "sender-attributes";

  /**
   * Stands for all names, if there was no room even for the names. No attribute can have this name.
   */
  public static final String ALL = "*";

  /** The attributes of a message that has none. */
  public static final SenderAttributes NONE = new SenderAttributes(Map.of(), List.of());

  /** AWS: a message has at most 10 attributes. */
  public static final int MOST = 10;

  /** Cameleon's own attributes on dead letters and replays. */
  private static final Set<String> OWN =
      Set.of(
          "reason",
          "field",
          "detail",
          "sql-state",
          "source-queue",
          "failed-at",
          "receive-count",
          "body",
          SourceMessage.ID,
          SourceMessage.SENT_AT,
          PACKED);

  private static final String ATTRIBUTES = "attributes";
  private static final String LEFT_OUT = "left_out";
  private static final String TYPE = "type";
  private static final String VALUE = "value";

  /** AWS: letters, digits, {@code _}, {@code -} and {@code .}, at most 256. */
  private static final Pattern NAME =
      Pattern.compile("(?!(?i:aws|amazon)\\.)(?!\\.)[A-Za-z0-9_.-]{1,256}(?<!\\.)");

  private static final Pattern TYPES =
      Pattern.compile("(?=.{1,256}$)(String|Number|Binary)(\\.[^\\p{Cntrl}]+)?");

  private static final ObjectMapper JSON = StrictJson.strictMapper();

  /** Copies both. */
  public SenderAttributes {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    leftOut = List.copyOf(leftOut);
  }

  /** The sender's attributes of a received message. */
  public static SenderAttributes of(Message message) {
    return message.hasMessageAttributes() && !message.messageAttributes().isEmpty()
        ? of(message, message.messageAttributes())
        : NONE;
  }

  private static SenderAttributes of(Message message, Map<String, MessageAttributeValue> all) {
    Optional<SenderAttributes> packed = parse(SourceMessage.attribute(message, PACKED));
    if (packed.isPresent()) {
      return packed.get();
    }
    Map<String, MessageAttributeValue> values = new LinkedHashMap<>(all);
    if (SourceMessage.isNamedIn(message)) {
      // A replay, or a dead letter that was moved back without Cameleon. A packed attribute that
      // cannot be read is sealed, and stays as it is.
      Set<String> own = new HashSet<>(OWN);
      own.remove(PACKED);
      values.keySet().removeAll(own);
    }
    return new SenderAttributes(values, List.of());
  }

  /** Whether a message can carry them under their own names beside this many other attributes. */
  boolean fitBeside(int others) {
    return values.size() + others <= MOST && Collections.disjoint(values.keySet(), OWN);
  }

  /** These attributes without one for which there is no room. */
  public SenderAttributes without(String name) {
    Map<String, MessageAttributeValue> less = new LinkedHashMap<>(values);
    less.remove(name);
    List<String> names = new ArrayList<>(leftOut);
    names.add(name);
    return new SenderAttributes(less, names);
  }

  /** Whether there are no attributes, and none were left out. */
  public boolean isEmpty() {
    return values.isEmpty() && leftOut.isEmpty();
  }

  /** The total size in bytes, as SQS counts it: name, type and value of each. */
  public int bytes() {
    int bytes = 0;
    for (Map.Entry<String, MessageAttributeValue> each : values.entrySet()) {
      bytes += bytes(each.getKey(), each.getValue());
    }
    return bytes;
  }

  /** The size of one attribute in bytes, as SQS counts it. */
  public static int bytes(String name, MessageAttributeValue value) {
    return name.length()
        + OutgoingMessage.utf8Length(value.dataType())
        + (value.binaryValue() == null
            ? OutgoingMessage.utf8Length(value.stringValue())
            : value.binaryValue().asByteArrayUnsafe().length);
  }

  /** Values and left-out names as JSON: personal. */
  public String text() {
    ObjectNode all = JsonNodeFactory.instance.objectNode();
    all.set(ATTRIBUTES, json());
    if (!leftOut.isEmpty()) {
      leftOut.forEach(all.putArray(LEFT_OUT)::add);
    }
    return all.toString();
  }

  /** The values as JSON: type and value by name; a binary value in base64. Personal. */
  public ObjectNode json() {
    ObjectNode all = JsonNodeFactory.instance.objectNode();
    values.forEach(
        (name, value) ->
            all.putObject(name).put(TYPE, value.dataType()).put(VALUE, valueText(value)));
    return all;
  }

  /** A value as a text; a binary one in base64: personal. */
  public static String valueText(MessageAttributeValue value) {
    return value.binaryValue() == null
        ? value.stringValue()
        : Base64.getEncoder().encodeToString(value.binaryValue().asByteArrayUnsafe());
  }

  /** Reads the output of {@link #text}; empty if the text is anything else. */
  public static Optional<SenderAttributes> parse(String text) {
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      ObjectNode all = StrictJson.read(JSON, text);
      if (all == null || !all.path(ATTRIBUTES).isObject()) {
        return Optional.empty();
      }
      List<String> leftOut = new ArrayList<>();
      all.path(LEFT_OUT).forEach(name -> leftOut.add(name.asText()));
      return Optional.of(new SenderAttributes(values(all.get(ATTRIBUTES)), leftOut));
    } catch (RejectedException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * Reads values as {@link #json} writes them.
   *
   * @throws IllegalArgumentException if SQS would not accept them; the message says why and quotes
   *     nothing
   */
  public static SenderAttributes read(JsonNode json) {
    return new SenderAttributes(values(json), List.of());
  }

  private static Map<String, MessageAttributeValue> values(JsonNode json) {
    if (!json.isObject() || json.size() > MOST) {
      throw new IllegalArgumentException("must be an object of at most ten attributes");
    }
    Map<String, MessageAttributeValue> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> each : json.properties()) {
      JsonNode type = each.getValue().path(TYPE);
      JsonNode value = each.getValue().path(VALUE);
      if (!NAME.matcher(each.getKey()).matches()
          || !type.isTextual()
          || !TYPES.matcher(type.textValue()).matches()
          || !value.isTextual()
          || value.textValue().isEmpty()) {
        throw new IllegalArgumentException(
            "must hold, by name, a \"type\" (String, Number or Binary) and a \"value\" (a string"
                + " that is not empty)");
      }
      values.put(each.getKey(), value(type.textValue(), value.textValue()));
    }
    return values;
  }

  private static MessageAttributeValue value(String type, String text) {
    MessageAttributeValue.Builder value = MessageAttributeValue.builder().dataType(type);
    if (!type.startsWith("Binary")) {
      return value.stringValue(text).build();
    }
    try {
      return value.binaryValue(SdkBytes.fromByteArray(Base64.getDecoder().decode(text))).build();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("holds a Binary value that is not base64");
    }
  }

  /** Shows only the numbers, because names and values may be personal. */
  @Override
  public String toString() {
    return "SenderAttributes[" + values.size() + ", " + leftOut.size() + " left out]";
  }
}

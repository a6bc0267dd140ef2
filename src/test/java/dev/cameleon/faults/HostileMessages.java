package dev.cameleon.faults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.support.Events;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * Malformed and borderline messages, the same for the same seed. They hold the {@link #PLANTED}
 * values in place of personal ones, as far as the event is intact.
 */
final class HostileMessages {
  /** Values to search for where there must be no personal data. */
  static final List<String> PLANTED = List.of("203.0.113.77", "987-65-4321", "zanzibar");

  private static final List<String> FIELDS =
      List.of("user_id", "app_version", "device_type", "ip", "locale", "device_id");

  private static final List<String> ADDRESSES =
      words(
          """
          127.1 0x7f.0.0.1 010.0.0.1 1.2.3.4.5 256.1.1.1 1.2.3 3405803853 1.2.3.4/24 [::1]
          \\u00201.2.3.4 1.2.3.4\\n \\u0663.2.3.4 \\uff11.2.3.4 1.2.3.4. ::ffff:1.2.3.4
          ::FFFF:102:304 :: ::1 1::2::3 fe80::1%eth0 2001:DB8::1 2001:db8:0:0:0:0:0:1
          2001:db8::00001 12345:: 1:2:3:4:5:6:7:8:9 ::1.2.3.4 ::1.2.3 64:ff9b::192.0.2.33
          :::
          """);

  private static final List<String> VERSIONS =
      words(
          """
          999999999.1 2147483648.0 1 1.2.3.4 1.2.3.4.5 .1 1. -1.0 1e3 \\u0663.1 01.00
          1.2-beta 1.2.3\\n 0 000000000
          """);

  private static final List<String> CHARACTERS =
      List.of(
          "\\ud800",
          "\\udc00\\ud800",
          "\\ud83d",
          "\\u0000",
          "\\uffff",
          "\\ufeff",
          "\\u202e",
          "\\u200b",
          "\u05d0\u05d1",
          "\u0627\u0644",
          "\ud83e\udd8e",
          "e\u0301",
          "\u00e9",
          "\\u001f",
          "\\ud83e\\udd8e",
          "\u0130\u0131",
          "\\/",
          "\\b\\f",
          "''; DROP TABLE user_logins; --",
          "${body}",
          "{{cameleon.queue}}",
          "%s%n",
          "\\\\x00");

  private static final List<String> VALUES =
      List.of(
          "1",
          "-0",
          "0.1",
          "1e400",
          "1E+2147483647",
          "1e-999999999",
          "true",
          "[]",
          "{}",
          "null",
          "[\"zanzibar\"]",
          "{\"zanzibar\": 1}",
          "12345678901234567890123",
          "NaN",
          "Infinity",
          "01",
          "'zanzibar'",
          "zanzibar",
          "+1",
          "0x1F",
          ".5",
          "\"\"");

  private static final List<String> OTHERS =
      List.of(
          "1",
          "\"zanzibar\"",
          "[]",
          "null",
          "true",
          " ",
          "zanzibar",
          "{}",
          "{",
          "}",
          "[{}]",
          "{\"foo\": \"oops_wrong_msg_type\", \"bar\": \"123\"}",
          "<zanzibar/>",
          "{}{}",
          "1e999",
          "\"",
          "\\u007b\\u007d",
          "[1,",
          "{\"a\"",
          "{,}",
          "{\"a\":1,}",
          "\ufeff{}",
          "--- a: 1");

  private final Random random;

  /** The kinds of messages, each as likely as the others. */
  private final List<Function<ObjectNode, String>> kinds =
      List.of(
          this::truncated,
          this::flipped,
          this::withoutACharacter,
          this::nested,
          this::hugeNumber,
          event -> replaced(event, any(FIELDS), any(VALUES)),
          event -> replaced(event, "ip", quoted(any(ADDRESSES))),
          event -> replaced(event, "app_version", quoted(any(VERSIONS))),
          event -> replaced(event, any(FIELDS), quoted("zanzibar" + any(CHARACTERS))),
          event -> replaced(event, any(FIELDS), quoted("zanzibar".repeat(length()))),
          event -> event.toString().replace("}", ",\"" + any(FIELDS) + "\":\"zanzibar\"}"),
          event -> event + any(List.of("zanzibar", "{}", ",", "]", "\u0001".repeat(2), "//")),
          event -> event.without(any(FIELDS)).toString(),
          event -> event.put("zanzibar" + length(), "zanzibar").toString(),
          event -> any(OTHERS));

  HostileMessages(long seed) {
    this.random = new Random(seed);
  }

  private static List<String> words(String text) {
    return List.of(text.trim().split("\\s+"));
  }

  /** The next message, made of characters that SQS accepts. */
  String next(int n) {
    ObjectNode event =
        Events.login(n)
            .put("user_id", "zanzibar-" + n)
            .put("ip", PLANTED.get(0))
            .put("device_id", PLANTED.get(1));
    return acceptable(kinds.get(random.nextInt(kinds.size())).apply(event));
  }

  /** A body of almost one mebibyte, which may be valid. */
  String enormous(int n) {
    String filler = "x".repeat(1_000_000);
    ObjectNode event = Events.login(n).put("user_id", "zanzibar-" + n);
    return random.nextBoolean()
        ? event.put("filler", filler).toString()
        : replaced(event, any(FIELDS), quoted(filler));
  }

  /** Makes a text acceptable to SQS, which takes the characters of XML 1.0 and no empty body. */
  private static String acceptable(String text) {
    StringBuilder accepted = new StringBuilder();
    text.codePoints()
        .map(c -> c < ' ' && c != '\t' && c != '\n' && c != '\r' ? '\t' : c)
        .map(c -> (c >= 0xd800 && c < 0xe000) || c == 0xfffe || c == 0xffff ? '?' : c)
        .forEach(accepted::appendCodePoint);
    return accepted.isEmpty() ? " " : accepted.toString();
  }

  private String any(List<String> some) {
    return some.get(random.nextInt(some.size()));
  }

  private int length() {
    return 1 + random.nextInt(random.nextInt(10) == 0 ? 5000 : 40);
  }

  private static String quoted(String escaped) {
    return '"' + escaped + '"';
  }

  /** Replaces a value as text, because malformed JSON must reach the parser unchanged. */
  private static String replaced(ObjectNode event, String field, String value) {
    return event.put(field, "HERE").toString().replace("\"HERE\"", value);
  }

  private String truncated(ObjectNode event) {
    String text = event.toString();
    return text.substring(0, random.nextInt(text.length()));
  }

  private String flipped(ObjectNode event) {
    StringBuilder text = new StringBuilder(event.toString());
    for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
      int at = random.nextInt(text.length());
      text.setCharAt(at, (char) (text.charAt(at) ^ (1 << random.nextInt(7))));
    }
    return text.toString();
  }

  private String withoutACharacter(ObjectNode event) {
    String text = event.toString();
    return new StringBuilder(text).deleteCharAt(random.nextInt(text.length())).toString();
  }

  private String nested(ObjectNode event) {
    int depth = random.nextInt(10) == 0 ? 10_000 : 1 + random.nextInt(64);
    String value =
        random.nextBoolean()
            ? "[".repeat(depth) + "]".repeat(depth)
            : "{\"zanzibar\":".repeat(depth) + "1" + "}".repeat(depth);
    return random.nextBoolean() ? value : replaced(event, any(FIELDS), value);
  }

  private String hugeNumber(ObjectNode event) {
    String digits = Integer.toString(1 + random.nextInt(9)).repeat(1 + random.nextInt(2000));
    return replaced(event, random.nextBoolean() ? "unknown" : any(FIELDS), digits);
  }
}

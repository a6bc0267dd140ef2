package dev.cameleon.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Secrets and personal values that somebody might put in the wrong place. */
public final class Planted {
  private static final String PASSWORD = "hunter2";
  private static final String ADDRESS = "203.0.113.77";
  private static final String MAIL = "anna@example.org";
  private static final String PEM_BYTES = "MIIEplantedAgEAAoIBAQDplanted";
  private static final String KEYSET = FixedKeys.of(0x1a2b3c4d, 7).json();
  private static final String ENCODED =
      Base64.getEncoder().encodeToString(KEYSET.getBytes(StandardCharsets.UTF_8));

  private Planted() {}

  /** The text of a keyset. */
  public static String keyset() {
    return KEYSET;
  }

  /** A private key's file, as if pasted. */
  public static String pem() {
    return "-----BEGIN PRIVATE KEY-----\n" + PEM_BYTES + "\n-----END PRIVATE KEY-----";
  }

  /** One of each kind. */
  public static List<String> few() {
    return List.of(
        KEYSET, pem(), ADDRESS, MAIL, "https://app:hunter2@db.example/app;password=hunter2");
  }

  /** Whole values. */
  public static List<String> values() {
    return List.of(
        KEYSET,
        ENCODED,
        pem(),
        ADDRESS,
        MAIL,
        "postgres://app:hunter2@db.example/app",
        "https://app:hunter2@sqs.eu-central-1.amazonaws.com/123456789012/logins",
        "https://sqs.eu-central-1.amazonaws.com/123456789012/logins?password=hunter2",
        "jdbc:postgresql://app:hunter2@db.example/app",
        "jdbc:postgresql://app:hunter2/app",
        "jdbc:postgresql:app@hunter2",
        "jdbc:postgresql://localhost:1/app;password=hunter2",
        "jdbc:postgresql://localhost:1/app&password=hunter2",
        "jdbc:postgresql://localhost:1/app?password=hunter2");
  }

  /** Fails if the text contains any of them, or the secret part of one; does not show the text. */
  public static void assertNoneIn(String text, String where) {
    Matcher key = Pattern.compile("\"value\":\\s*\"([^\"]+)\"").matcher(KEYSET);
    assertThat(key.find()).isTrue();
    for (String secret :
        List.of(PASSWORD, ADDRESS, MAIL, PEM_BYTES, ENCODED.substring(0, 40), key.group(1))) {
      assertThat(text.contains(secret)).as("%s shows %s", where, secret).isFalse();
    }
  }
}

package dev.cameleon.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.rds.RdsUtilities;

/** Compares our IAM tokens with those of AWS's own library. */
class IamPasswordTest {
  private static final Pattern DATE = Pattern.compile("X-Amz-Date=(\\d{8}T\\d{6}Z)");
  private static final String HOST = "db.c0example.eu-central-1.rds.amazonaws.com";

  private final Map<String, String> before = new HashMap<>();

  @AfterEach
  void restoreProperties() {
    before.forEach(IamPasswordTest::put);
  }

  @ParameterizedTest
  @CsvSource({
    "5432, cameleon_loader, ",
    "5433, 'a+b/c d%e@example.com', ",
    "5432, cameleon_loader, 'a-session/with+signs=='"
  })
  void aTokenIsTheOneThatAwsMakesInTheSameSecond(int port, String user, String session) {
    credentials(session);
    String ours;
    String theirs;
    do {
      ours = new IamPassword(HOST, port, user).get(Optional.empty()).orElseThrow();
      theirs = ofAws(port, user);
    } while (!second(ours).equals(second(theirs)));

    // The signature covers the parameters sorted by name, so their order in the URL is free.
    assertThat(ours).startsWith(HOST + ":" + port + "/?");
    assertThat(parts(ours)).containsExactlyInAnyOrder(parts(theirs));
    assertThat(ours.contains("X-Amz-Security-Token")).isEqualTo(session != null);
  }

  @Test
  void aTokenThatWasRefusedIsNotMadeAgain() {
    credentials(null);

    assertThat(new IamPassword(HOST, 5432, "x").get(Optional.of("refused"))).isEmpty();
  }

  private void credentials(String session) {
    set("aws.region", "eu-central-1");
    set("aws.accessKeyId", "AKIDEXAMPLE");
    set("aws.secretAccessKey", "secret/of+the=test");
    set("aws.sessionToken", session);
  }

  private static String ofAws(int port, String user) {
    try (DefaultCredentialsProvider credentials = DefaultCredentialsProvider.builder().build()) {
      return RdsUtilities.builder()
          .region(Region.EU_CENTRAL_1)
          .credentialsProvider(credentials)
          .build()
          .generateAuthenticationToken(to -> to.hostname(HOST).port(port).username(user));
    }
  }

  /** The address, and each parameter. */
  private static String[] parts(String token) {
    return token.split("[?&]", -1);
  }

  private static String second(String token) {
    Matcher date = DATE.matcher(token);
    assertThat(date.find()).isTrue();
    return date.group(1);
  }

  private void set(String property, String value) {
    before.putIfAbsent(property, System.getProperty(property));
    put(property, value);
  }

  private static void put(String property, String value) {
    if (value == null) {
      System.clearProperty(property);
    } else {
      System.setProperty(property, value);
    }
  }
}

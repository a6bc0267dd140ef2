package dev.cameleon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.PiiKind;
import dev.cameleon.db.Database;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.Masker;
import dev.cameleon.privacy.Erasure;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Commands;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each folder of {@code examples/}, as its README describes: schema.sql, migrate, check, test, then
 * a run with its messages.
 */
class ExamplesTest {
  private static final Path EXAMPLES = Path.of("examples").toAbsolutePath();

  @TempDir private Path folder;
  private Site site;

  /** Runs an example; returns each dead letter's reason and field. */
  private List<String> run(String name, int loaded, int ignored, int deadLetters) throws Exception {
    Path example = EXAMPLES.resolve(name);
    Recipients.add(folder, "officer");
    site =
        Site.in(folder)
            .with("CAMELEON_CONFIG", example.resolve("application.properties").toString())
            .with("CAMELEON_ROUTES", example.resolve("routes").toString())
            .with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString());
    site.database().execute(Files.readString(example.resolve("schema.sql")));
    for (String command : List.of("migrate", "check", "test")) {
      Program.Result result = Commands.run(site.environment(), folder, command);
      assertThat(result.exitCode()).as(command + result.out() + result.err()).isZero();
      assertThat(result.out()).as(command).doesNotContain("WRONG", "refused:", "no INSERT reads");
    }
    site.queues().send(Files.readAllLines(example.resolve("messages.jsonl")));

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, loaded)
          .await(Outcome.IGNORED, ignored)
          .await(Outcome.DEAD_LETTERED, deadLetters);
      assertThat(run.account().received()).isEqualTo(10);
    }

    assertThat(site.queues().left()).isZero();
    return site.queues().takeDeadLetters().stream()
        .map(
            letter ->
                TestQueues.attribute(letter, "reason")
                    + " "
                    + TestQueues.attribute(letter, "field"))
        .toList();
  }

  private String token(PiiKind kind, String domain, String value) throws Exception {
    return new Masker(Keyset.read(folder.resolve("mask.json")), Map.of())
        .token(kind, domain, value);
  }

  private List<List<String>> rows(String sql) {
    return site.database().query(sql);
  }

  private long number(String sql) {
    return site.database().number(sql);
  }

  @Test
  void ordersWithTheirItemsAndTheNewestAddressOfACustomer() throws Exception {
    assertThat(run("orders", 9, 0, 1)).containsExactly("CONTRACT items.quantity");

    String newest = token(PiiKind.EMAIL, "email", "ada.new@example.org");
    String phone = token(PiiKind.PHONE, "phone", "+4930123456");
    assertThat(rows("SELECT id, email, phone FROM customers ORDER BY id"))
        .hasSize(4)
        .contains(
            List.of("c-1001", newest, phone),
            List.of("c-1004", token(PiiKind.EMAIL, "email", "ada@example.org"), phone));
    assertThat(number("SELECT count(*) FROM orders")).isEqualTo(8);
    assertThat(number("SELECT count(*) FROM order_items")).isEqualTo(11);

    Database.Login officer = LoginRole.in(site.database(), "cameleon_officer").login();
    try (Erasure erasure = Erasure.open(officer, Duration.ZERO, (time, why) -> {})) {
      Keyset keyset = Keyset.read(folder.resolve("mask.json"));
      assertThat(erasure.person("c-1001", keyset, "PRIV-1", false).isFinished()).isTrue();
    }

    assertThat(rows("SELECT DISTINCT customer_id FROM orders ORDER BY 1"))
        .containsExactly(List.of("c-1002"), List.of("c-1003"), List.of("c-1004"));
    assertThat(number("SELECT count(*) FROM customers")).isEqualTo(3);
    assertThat(number("SELECT count(*) FROM order_items")).isEqualTo(7);
    assertThat(number(inVault(newest))).isZero();
    assertThat(number(inVault(phone))).as("c-1004 has it too").isEqualTo(1);
  }

  private static String inVault(String token) {
    return "SELECT count(*) FROM cameleon.vault WHERE token = '" + token + "'";
  }

  @Test
  void messagesOfASnsTopicWithAnAttribute() throws Exception {
    assertThat(run("sns", 8, 0, 2)).containsExactlyInAnyOrder("CONTRACT tenant", "CONTRACT ");

    String dan = token(PiiKind.EMAIL, "email", "dan@xn--bcher-kva.example");
    assertThat(rows("SELECT email, count(*) FROM verified_emails GROUP BY email"))
        .hasSize(4)
        .contains(List.of(dan, "2"))
        .allMatch(row -> row.get(1).equals("2"));
    assertThat(rows("SELECT DISTINCT tenant FROM verified_emails ORDER BY 1"))
        .containsExactly(List.of("north"), List.of("south"));
  }

  @Test
  void recordsOfS3AndItsTestEvent() throws Exception {
    assertThat(run("s3-events", 8, 1, 1)).containsExactly("CONTRACT requestParameters");

    assertThat(number("SELECT count(*) FROM uploads")).isEqualTo(10);
    String address = token(PiiKind.IP, "ip", "2001:db8::7");
    assertThat(rows("SELECT key FROM uploads WHERE source_ip = '" + address + "' ORDER BY 1"))
        .containsExactly(List.of("photos/e.jpg"), List.of("reports/copy.csv"));
  }

  @Test
  void detailsOfEventBridgeAtTheirOwnTime() throws Exception {
    assertThat(run("eventbridge", 8, 0, 2))
        .containsExactlyInAnyOrder("CONTRACT ip", "CONTRACT time");

    assertThat(number("SELECT count(*) FROM failed_sign_ins")).isEqualTo(8);
    String times = "SELECT DISTINCT failed_at AT TIME ZONE 'UTC' FROM failed_sign_ins ORDER BY 1";
    assertThat(rows(times)).hasSize(8).startsWith(List.of("2026-03-01 09:59:01.25"));
  }

  @Test
  void eachHasItsFilesAndNoCopyOfTheShippedRoutes() throws Exception {
    try (Stream<Path> examples = Files.list(EXAMPLES)) {
      for (Path example : examples.filter(Files::isDirectory).toList()) {
        try (Stream<Path> files = Files.walk(example)) {
          assertThat(
                  files.filter(Files::isRegularFile).map(example::relativize).map(Path::toString))
              .as(example.toString())
              .containsExactlyInAnyOrder(
                  "README.md",
                  "application.properties",
                  "schema.sql",
                  "messages.jsonl",
                  "routes/login.schema.json",
                  "routes/load.sql",
                  "routes/tests/" + example.getFileName() + ".yaml");
        }
        assertThat(Files.readAllLines(example.resolve("README.md"))).hasSizeLessThanOrEqualTo(40);
      }
    }
  }
}

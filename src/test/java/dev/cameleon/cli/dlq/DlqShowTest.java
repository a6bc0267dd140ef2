package dev.cameleon.cli.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.contract.Violation;
import dev.cameleon.support.Commands;
import dev.cameleon.support.DeadLetterBox;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code dlq show} without {@code --raw}, as a process; afterwards the queue is as it was. */
class DlqShowTest {
  private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

  @TempDir private Path folder;

  private Site site;
  private DeadLetterBox box;
  private long sent;

  @BeforeEach
  void makeQueues() {
    site = Site.in(folder);
    box = DeadLetterBox.of(site.queues());
  }

  @AfterEach
  void allAreVisibleAgain() {
    assertThat(box.visible()).isEqualTo(sent);
    assertThat(box.hidden()).isZero();
  }

  @Test
  void aDeadLetterIsExplainedAndItsBodyIsShownAsAShape() throws Exception {
    Map<String, String> attributes = DeadLetterBox.attributes(Violation.CONTRACT, "ip", NOON);
    String id = send("{\"ip\":\"10.0.0.300\",\"locale\":null,\"mail\":\"a@b\"}", attributes);
    site.with("LC_ALL", "C.UTF-8");

    Program.Result result = show(id);

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out())
        .isEqualTo(
            """
            id              %s
            reason          CONTRACT: The event breaks a rule of login.schema.json.
            what to do      If the rule is wrong, correct the contract, reload or restart run, then: dlq replay --dry-run, and dlq replay --field FIELD.
                            If the event is wrong, correct the sender; to save this event, correct it in a file: dlq export --raw, edit, dlq import.
            field           ip
            detail          breaks the contract's type "x"
            source message  %s
            source queue    login-queue
            sent at         2026-11-20T11:59:59Z
            failed at       2026-11-20T12:00:00Z
            receive count   1

            {
              "ip": "••.•.•.•••",
              "locale": null,
              "••••": "•••"
            }
            """
                .formatted(id, attributes.get("source-message-id")));
    assertThat(result.err().lines()).allMatch(line -> line.matches("(reading|returning): .*"));
  }

  @Test
  void anOutputWithoutTheShapeSymbolsGetsReplacements() throws Exception {
    String id = send("{\"ip\":\"10.0.0.300\",\"locale\":\"a b\"}", NOON);

    Program.Result result = show(id);

    assertThat(result.out()).contains("  \"ip\": \"**.*.*.***\",\n  \"locale\": \"*_*\"\n");
  }

  @Test
  void scriptsGetTheSameAsJson() throws Exception {
    Map<String, String> attributes = DeadLetterBox.attributes(Violation.DATA_REJECTED, "", NOON);
    attributes.put("sql-state", "23514");
    String id = send("{\"ip\":\"10.0.0.1\"}", attributes);

    Program.Result result = show(id, "--json");

    assertThat(result.exitCode()).as(result.err()).isZero();
    JsonNode json = JsonMapper.builder().build().readTree(result.out());
    assertThat(json.get("id").asText()).isEqualTo(id);
    assertThat(json.get("reason").asText()).isEqualTo("DATA_REJECTED");
    assertThat(json.get("field").isNull()).isTrue();
    assertThat(json.get("sql_state").asText()).isEqualTo("23514");
    assertThat(json.get("meaning").asText()).contains("PostgreSQL refused");
    assertThat(json.get("remedy").asText()).contains("dlq replay");
    assertThat(json.get("redacted").asBoolean()).isTrue();
    assertThat(json.get("body").asText()).isEqualTo("{\n  \"ip\": \"••.•.•.•\"\n}");
  }

  @Test
  void aBrokenBodyIsShownUpToItsFaultWithACaret() throws Exception {
    String id =
        send(
            "{\"ip\":\"10.0.0.1\",zanzibar}",
            DeadLetterBox.attributes(Violation.NOT_JSON, "", NOON));

    Program.Result result = show(id);

    assertThat(result.out())
        .contains("broken JSON syntax at line 1, column 18:\n")
        .contains("^ character 18 of 26")
        .doesNotContain("zanzibar");
  }

  @Test
  void aDeadLetterIsFoundAmongOthersByTheIdOfItsSourceMessageToo() throws Exception {
    box.fill(150);
    Map<String, String> attributes = DeadLetterBox.attributes(Violation.NOT_JSON, "", NOON);
    String id = send("oops", attributes);
    sent += 150;

    Program.Result result = show(attributes.get("source-message-id").toUpperCase(Locale.ROOT));

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).startsWith("id              " + id + "\nreason          NOT_JSON: ");
  }

  @Test
  void aMessageThatSqsMovedIsShownWithTheQueuesOwnData() throws Exception {
    site.queues().redrive(1);
    String id =
        site.queues()
            .send(
                Events.body(1),
                Map.of("reason", "CONTRACT", "field", "zanzibar", "detail", "203.0.113.7"));
    sent = 1;
    Awaitility.await()
        .until(
            () -> {
              Shared.sqs()
                  .client()
                  .receiveMessage(r -> r.queueUrl(site.queues().sourceUrl()).visibilityTimeout(0));
              return box.visible() == 1;
            });

    Program.Result list = run("list");
    Program.Result result = show(id);

    assertThat(list.out().lines().toList().get(1))
        .matches("      1  MAX_RECEIVES   -      20.*Z  20.*Z  " + id);
    assertThat(result.exitCode()).as(result.err()).isZero();
    String source = site.environment().get("CAMELEON_QUEUE");
    assertThat(result.out())
        .contains("reason          MAX_RECEIVES: SQS moved it here after too many receives")
        .contains("the ledger drops the replay as a duplicate")
        .contains("source message  " + id + "\nsource queue    " + source + "\n")
        .contains("\"device_type\": \"*******\"")
        .doesNotContain("zanzibar", "203.0.113.7", "detail", "received");
  }

  @Test
  void anUnknownIdIsAFailureAndAnInvalidIdIsWrongUsage() throws Exception {
    send("{}", NOON);
    String other = UUID.randomUUID().toString();

    Program.Result absent = show(other);
    Program.Result malformed = show("203.0.113.7");
    Program.Result none = run("show");

    assertThat(absent.exitCode()).isEqualTo(1);
    assertThat(absent.out()).isEmpty();
    assertThat(absent.err())
        .contains("no dead letter has this id among the 1 read from")
        .contains("dlq list --each --all");
    assertThat(malformed.exitCode()).isEqualTo(2);
    assertThat(malformed.out()).isEmpty();
    assertThat(malformed.err()).contains("dlq list --each").doesNotContain("203.0.113.7");
    assertThat(none.exitCode()).isEqualTo(2);
    assertThat(none.err()).contains("Missing, or given without a value: ID");
  }

  @Test
  void optionsThatExcludeEachOtherAreWrongUsage() throws Exception {
    String id = UUID.randomUUID().toString();

    assertThat(refusal(id, "--raw")).contains("--raw needs --purpose TEXT");
    assertThat(refusal(id, "--raw", "--ticket", "T-1")).contains("--raw needs --purpose TEXT");
    assertThat(refusal(id, "--purpose", "x")).contains("--purpose and --ticket need --raw");
    assertThat(refusal(id, "--ticket", "x")).contains("--purpose and --ticket need --raw");
    assertThat(refusal(id, "--private-key", "x")).contains("need --raw");
    assertThat(refusal(id, "--raw", "--purpose", " ")).contains("--purpose is blank");
    assertThat(refusal(id, "--raw", "--purpose", "x", "--private-key", "none.key"))
        .contains("no private key");
  }

  @Test
  void withoutAContractTheShippedOneTellsWhichNamesMayBeShown() throws Exception {
    String id = send("{\"ip\":\"10.0.0.1\",\"mail\":1}", NOON);
    Files.writeString(folder.resolve("routes/login.schema.json"), "{");

    Program.Result broken = show(id);
    site.with("CAMELEON_ROUTES", folder.resolve("nowhere").toString());
    Program.Result result = show(id);

    assertThat(result.exitCode()).isZero();
    assertThat(broken.out()).isEqualTo(result.out());
    assertThat(result.out())
        .contains("field           ip\n", "  \"ip\": \"**.*.*.*\",\n  \"****\": *\n");
    assertThat(result.err()).doesNotContain("note: field names");
    assertThat(broken.err())
        .contains("note: field names come from the shipped contract, because the contract");
  }

  private String send(String body, Instant failedAt) {
    return send(body, DeadLetterBox.attributes(Violation.CONTRACT, "ip", failedAt));
  }

  private String send(String body, Map<String, String> attributes) {
    sent++;
    return box.send(body, attributes);
  }

  private String refusal(String... arguments) throws Exception {
    Program.Result result = show(arguments);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    return result.err();
  }

  private Program.Result show(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("show"));
    all.addAll(List.of(arguments));
    return run(all.toArray(new String[0]));
  }

  private Program.Result run(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("dlq"));
    all.addAll(List.of(arguments));
    return Commands.run(site.environment(), folder, all.toArray(new String[0]));
  }
}

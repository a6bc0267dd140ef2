package dev.cameleon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Commands;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands as processes: exit code, standard output and standard error. */
class CommandsTest {
  @TempDir private Path folder;

  @Test
  void helpAndVersionNeedNoConfiguration() throws Exception {
    Program.Result help = Commands.run(Map.of(), folder, "--help");
    Program.Result version = Commands.run(Map.of(), folder, "--version");

    assertThat(help.exitCode()).isZero();
    assertThat(help.out()).contains("run", "check", "migrate", "init", "keys", "Exit codes");
    assertThat(version.exitCode()).isZero();
    assertThat(version.out()).startsWith("cameleon ");
    assertThat(help.err() + version.err()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "dlq list 203.0.113.77, Unmatched argument at position 2",
    "203.0.113.77, Unmatched argument at position 0",
    "--203.0.113.77, Unknown option at position 0",
  })
  void anArgumentThatNoCommandTakesIsNotRepeated(String arguments, String message)
      throws Exception {
    Program.Result result = Commands.run(Map.of(), folder, arguments.split(" "));

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).startsWith(message + System.lineSeparator());
    assertThat(result.err()).contains("Usage: cameleon").doesNotContain("203.0");
  }

  @Test
  void completionIsAScript() throws Exception {
    Program.Result result = Commands.run(Map.of(), folder, "generate-completion");

    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).contains("complete -F _complete_cameleon");
  }

  @Test
  void keysAreCreatedAndListedWithoutTheirMaterial() throws Exception {
    Program.Result created =
        Commands.run(Map.of(), folder, "keys", "create", "--out", "k/mask.json");
    Program.Result again = Commands.run(Map.of(), folder, "keys", "create", "--out", "k/mask.json");
    Program.Result list = Commands.run(Map.of(), folder, "keys", "list", "--keyset", "k/mask.json");
    Program.Result json =
        Commands.run(
            Map.of("CAMELEON_KEYSET_JSON", Files.readString(folder.resolve("k/mask.json"))),
            folder,
            "keys",
            "list",
            "--json");

    assertThat(created.exitCode()).isZero();
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err()).contains("never overwritten");
    assertThat(list.out()).matches("[0-9a-f]{8}  enabled  primary\\R");
    assertThat(json.out()).matches("\\[\\{\"id\":\"[0-9a-f]{8}\",\"primary\":true,.*\\R");
  }

  @Test
  void initWritesTheShippedFilesAndNeverOverwrites() throws Exception {
    Program.Result first = Program.run(Map.of(), folder, "init", "site");
    Program.Result second = Program.run(Map.of(), folder, "init", "site");

    assertThat(first.exitCode()).isZero();
    assertThat(second.exitCode()).isEqualTo(1);
    assertThat(second.err()).contains("nothing was written");
    for (String name : InitCommand.SHIPPED) {
      assertThat(folder.resolve("site").resolve(name))
          .hasSameBinaryContentAs(Path.of(name.replaceFirst("routes/([A-Z]+\\.md)", "docs/$1")));
    }
  }

  @Test
  void initNamesTheWorkingFolder() throws Exception {
    Program.Result here = Program.run(Map.of(), folder, "init", ".");

    assertThat(here.out()).contains("Wrote 11 files to .; next").contains("migrate");
  }

  @Test
  void initShipsEveryRouteFile() throws Exception {
    Path kubernetes = Path.of("routes", "kustomization.yaml"); // the repository's alone
    try (Stream<Path> files =
        Files.walk(Path.of("routes"))
            .filter(Files::isRegularFile)
            .filter(file -> !file.equals(kubernetes))) {
      assertThat(
              Stream.concat(
                  files.map(Path::toString), Stream.of("routes/ROUTES.md", "routes/PIPELINES.md")))
          .containsExactlyInAnyOrderElementsOf(
              InitCommand.SHIPPED.stream().filter(name -> name.startsWith("routes/")).toList());
    }
  }

  @Test
  void migrateAppliesTheSchemaOnce() throws Exception {
    Site site = Site.onEmptyDatabase(folder);

    assertThat(Commands.run(site.environment(), folder, "migrate").out()).contains("Applied");
    assertThat(Commands.run(site.environment(), folder, "migrate").out()).contains("up to date");
  }

  @Test
  void checkNamesWhatIsMissingAndChangesNothing() throws Exception {
    Site site = Site.onEmptyDatabase(folder);

    Program.Result fresh = Commands.run(site.environment(), folder, "check");
    site.with("CAMELEON_MIGRATE", "false");
    Program.Result before = Commands.run(site.environment(), folder, "check");
    Commands.run(site.environment(), folder, "migrate");
    Program.Result after = Commands.run(site.environment(), folder, "check");

    assertThat(before.exitCode()).isEqualTo(2);
    assertThat(before.out()).contains("WRONG").contains("run: migrate");
    assertThat(fresh.exitCode()).isZero();
    assertThat(fresh.out()).contains("run (or migrate) creates them");
    assertThat(after.exitCode()).isZero();
    assertThat(after.out())
        .contains("gives {public.user_logins=1} rows")
        .contains("7 routes")
        .doesNotContain("WRONG");
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isZero();
    assertThat(site.database().number("SELECT count(*) FROM cameleon.mask_key")).isZero();
  }

  @Test
  void checkNamesAColumnThatTheTableLacks() throws Exception {
    Site site = Site.in(folder);
    Commands.run(site.environment(), folder, "migrate");
    site.edit("load.sql", "locale, app_version, create_date)", "region, app_version, create_date)");

    Program.Result result = Commands.run(site.environment(), folder, "check");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).contains("column \"region\"");
  }

  @Test
  void checkTriesRealMessagesWithoutShowingThemAndReturnsThem() throws Exception {
    Site site = Site.in(folder);
    Commands.run(site.environment(), folder, "migrate");
    site.queues()
        .send(
            List.of(
                Events.body(1),
                Events.login(2).put("ip", "plantedvalue").toString(),
                "{\"Type\": \"Notification\", \"TopicArn\": \"arn:x\", \"Message\": \"plantedvalue\"}"));

    Program.Result result = Commands.run(site.environment(), folder, "check", "--sample", "10");

    assertThat(result.exitCode()).as(result.out() + result.err()).isEqualTo(2);
    assertThat(result.out())
        .contains("passes contract and mask")
        .contains("would become a dead letter: CONTRACT at ip")
        .contains("raw message delivery")
        .doesNotContain("plantedvalue");
    assertThat(site.queues().left()).isEqualTo(3);
    Program.Result again =
        Commands.run(site.environment(), folder, "check", "--sample", "10", "--json");
    assertThat(again.out()).contains("\"result\":\"NOTE\"");
  }

  @Test
  void sigtermLoadsWhatIsInFlightAndEndsWithZero() throws Exception {
    Site site = Site.in(folder);
    site.queues().send(java.util.stream.IntStream.range(0, 200).mapToObj(Events::body).toList());

    try (Program program = Program.start(site.environment(), folder)) {
      Awaitility.await()
          .atMost(java.time.Duration.ofSeconds(60))
          .until(() -> site.queues().left() < 200);
      program.terminate();
      Program.Result result = program.result();

      assertThat(result.exitCode()).isZero();
      assertThat(result.err()).contains("Ended: received").contains("in flight 0");
    }
    long loaded = site.database().number("SELECT count(*) FROM user_logins");
    assertThat(loaded + site.queues().left()).isEqualTo(200);
  }

  @Test
  void anIdleProcessStopsWithinTwoSeconds() throws Exception {
    Site site = Site.in(folder);

    try (Program program = Program.start(site.environment(), folder, "run")) {
      Awaitility.await().until(() -> program.err().contains("Started"));
      // Every poller waits at the empty queue.
      Awaitility.await().pollDelay(java.time.Duration.ofSeconds(1)).until(program::isAlive);
      long asked = System.nanoTime();
      program.terminate();

      assertThat(program.result().exitCode()).isZero();
      assertThat(java.time.Duration.ofNanos(System.nanoTime() - asked))
          .isLessThan(java.time.Duration.ofSeconds(2));
    }
  }

  @Test
  void untilEmptyEndsWithOneAndTheCountsIfTheQueueIsNotEmptyInTime() throws Exception {
    Site site = Site.in(folder);
    site.queues().send(List.of(Events.body(1)));
    // Someone else holds the message: SQS counts it as hidden.
    dev.cameleon.support.Shared.sqs()
        .client()
        .receiveMessage(request -> request.queueUrl(site.queues().sourceUrl()));

    Program.Result result =
        Program.run(site.environment(), folder, "--until-empty", "--timeout", "4s");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("0 visible, 1 hidden, 0 delayed");
  }

  @Test
  void untilEmptyWaitsForDelayedMessages() throws Exception {
    Site site = Site.in(folder);
    // Longer than a process takes to start and find the queue empty.
    dev.cameleon.support.Shared.sqs()
        .client()
        .sendMessage(
            request ->
                request
                    .queueUrl(site.queues().sourceUrl())
                    .messageBody(Events.body(1))
                    .delaySeconds(10));

    Program.Result result = Program.run(site.environment(), folder, "--until-empty");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(1);
  }

  @Test
  void logsAreJsonLinesWhenAskedFor() throws Exception {
    Site site = Site.in(folder).with("CAMELEON_LOG", "json");

    Program.Result result =
        Program.run(site.environment(), folder, "--until-empty", "--timeout", "30s");

    assertThat(result.exitCode()).isZero();
    assertThat(result.err().lines())
        .isNotEmpty()
        .allMatch(line -> line.startsWith("{\"time\":\"") && line.endsWith("}"));
    assertThat(result.out()).isEmpty();
  }
}

package dev.cameleon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Commands;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * Failures that prevent a start, as a process: each with one clear message and the right exit code.
 */
class StartFailuresTest {
  @TempDir private Path folder;

  @Test
  void anotherKeyThanTheDatabasesOwnIsRefused() throws Exception {
    Site site = Site.in(folder);
    assertThat(run(site).exitCode()).isZero();
    site.with("CAMELEON_KEYSET", site.newKeyset("other.json").toString());

    assertThat(refusal(site, 2)).containsOnlyOnce("mask key is not the one");
  }

  @Test
  void aMissingKeyIsRefused() throws Exception {
    Site site = Site.in(folder).with("CAMELEON_KEYSET", "none.json");

    assertThat(refusal(site, 2)).contains("no keyset at none.json").contains("keys create --out");
  }

  @Test
  void anUnreachableDatabaseEndsUntilEmptyWithOne() throws Exception {
    Site site = Site.in(folder).with("CAMELEON_DB_URL", "jdbc:postgresql://localhost:1/x");

    assertThat(refusal(site, 1)).contains("the database cannot be reached").contains("localhost:1");
  }

  @Test
  void anUnreachableDatabaseMakesRunWaitUntilItIsStopped() throws Exception {
    Site site = Site.in(folder).with("CAMELEON_DB_URL", "jdbc:postgresql://localhost:1/x");

    try (Program program = Program.start(site.environment(), folder, "run")) {
      Awaitility.await().until(() -> program.err().contains("Not ready, will retry"));
      assertThat(program.err()).contains("postgres at jdbc:postgresql://localhost:1/x");
      assertThat(readiness(program.err()))
          .contains("DATABASE", "08001")
          .doesNotContain("localhost", "postgres");
      assertThat(program.isAlive()).isTrue();
      program.terminate();
      assertThat(program.result().exitCode()).isZero();
    }
  }

  @Test
  void aFifoDeadLetterQueueIsRefused() throws Exception {
    Site site = Site.in(folder);
    String fifo = "letters-" + UUID.randomUUID() + ".fifo";
    Shared.sqs()
        .client()
        .createQueue(
            request ->
                request.queueName(fifo).attributes(Map.of(QueueAttributeName.FIFO_QUEUE, "true")));

    assertThat(refusal(site.with("CAMELEON_DEAD_LETTER_QUEUE", fifo), 2)).contains("FIFO queue");
  }

  @Test
  void aQueueWithoutAVisibilityTimeoutIsWarnedOf() throws Exception {
    Site site = Site.in(folder, 0);

    Program.Result run = Program.run(site.environment(), folder, "--until-empty");
    Program.Result check = Commands.run(site.environment(), folder, "check");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).contains("visibility timeout is 0");
    assertThat(check.exitCode()).as(check.err()).isZero();
    assertThat(check.out()).contains("visibility timeout is 0");
  }

  @Test
  void aSilentSqsDoesNotHoldUpTheStop() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      String url = "http://127.0.0.1:" + silent.getLocalPort();
      Site site = Site.in(folder).with("AWS_ENDPOINT_URL", url);
      try (Program program = Program.start(site.environment(), folder, "run");
          Socket asked = silent.accept()) { // the SDK's call, which nobody answers
        assertThat(asked.isConnected()).isTrue();
        program.terminate();
        Program.Result result = program.result();

        assertThat(result.exitCode()).as(result.err()).isZero();
      }
    }
  }

  @Test
  void anUnreachableSqsEndsUntilEmptyWithOne() throws Exception {
    Site site = Site.in(folder).with("AWS_ENDPOINT_URL", "http://127.0.0.1:1");

    assertThat(refusal(site, 1)).contains("SQS cannot be reached");
  }

  @Test
  void aMissingQueueIsRefused() throws Exception {
    Site site = Site.in(folder).with("CAMELEON_QUEUE", "no-such-queue");

    assertThat(refusal(site, 2)).contains("CAMELEON_QUEUE").contains("no queue no-such-queue");
  }

  @Test
  void aDeadLetterQueueThatIsTheSourceIsRefused() throws Exception {
    Site site = Site.in(folder);
    site.with("CAMELEON_DEAD_LETTER_QUEUE", site.environment().get("CAMELEON_QUEUE"));

    assertThat(refusal(site, 2)).contains("is the source queue itself");
    site.with("CAMELEON_DEAD_LETTER_QUEUE", site.queues().sourceUrl() + "/");
    assertThat(refusal(site, 2)).contains("is the source queue itself");
  }

  @Test
  void aParameterThatLoadSqlCannotHaveIsRefused() throws Exception {
    Site site = Site.in(folder);
    site.edit("load.sql", "SELECT user_id, device_type", "SELECT :?rows, device_type");

    assertThat(refusal(site, 2)).contains("load.sql:3:8").contains("parameters are not allowed");
  }

  @Test
  void aRecipientThatIsAPrivateKeyIsRefused() throws Exception {
    Path secret = Recipients.add(folder, "anna");
    Site site =
        Site.in(folder).with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString());
    Files.copy(secret, folder.resolve("recipients/ben.pem"));

    assertThat(refusal(site, 2)).contains("ben.pem is a private key").contains("-pubout");
  }

  @Test
  void sealedDeadLettersWithoutRecipientsAreRefused() throws Exception {
    Site site = Site.in(folder).with("CAMELEON_DEAD_LETTER_BODY", "sealed");

    assertThat(refusal(site, 2))
        .contains("cameleon.dead-letter.body (CAMELEON_DEAD_LETTER_BODY)")
        .contains("CAMELEON_RECIPIENTS=recipients, or set this to original");
  }

  @Test
  void withoutRecipientsTheStartSaysThatNothingIsKept() throws Exception {
    Site site = Site.in(folder);
    assertThat(logged(site)).contains("Vault: none").contains("CAMELEON_RECIPIENTS");

    Recipients.add(folder, "anna");
    assertThat(logged(site.with("CAMELEON_RECIPIENTS", "recipients")))
        .contains("Vault: sealed to [");
  }

  @Test
  void aTypoInARouteIsRefusedWithItsFileAndLine() throws Exception {
    Site site = Site.in(folder);
    site.edit("load.camel.yaml", "- setBody:", "- setBdy:");

    assertThat(refusal(site, 2)).contains("load.camel.yaml").contains("setBdy").contains("line");
  }

  @Test
  void aBeanThatDoesNotExistIsRefusedWithTheRoute() throws Exception {
    Site site = Site.in(folder);
    site.edit("prepare.camel.yaml", "ref: masker", "ref: maskr");

    assertThat(refusal(site, 2)).contains("maskr").contains("prepare");
  }

  @Test
  void theRouteThatLoadsWithoutItsFailureRulesIsRefused() throws Exception {
    Site site = Site.in(folder);
    site.edit("errors.camel.yaml", "id: database", "id: databaze");

    assertThat(refusal(site, 2)).contains("routeConfigurationId: database").contains("insert");
  }

  @Test
  void anEmptyRoutesFolderIsRefused() throws Exception {
    Site site = Site.in(folder);
    Path empty = Files.createDirectory(folder.resolve("empty"));
    site.with("CAMELEON_ROUTES", empty.toString());

    assertThat(refusal(site, 2)).contains("CAMELEON_ROUTES").contains("init DIR");
  }

  @Test
  void aMissingRouteIsRefused() throws Exception {
    Site site = Site.in(folder);
    Files.delete(folder.resolve("routes/dead-letter.camel.yaml"));

    assertThat(refusal(site, 2)).contains("dead-letter");
  }

  @Test
  void aContractThatLostItsMarksIsRefused() throws Exception {
    Site site = Site.in(folder);
    site.edit("login.schema.json", ", \"x-pii\": \"device\"", "");
    site.edit("login.schema.json", ",\n      \"x-pii\": \"ip\"", "");

    assertThat(refusal(site, 2)).contains("marks no field with \"x-pii\"");
  }

  @Test
  void aFieldThatIsNoLongerMaskedIsRefusedUnlessItIsAllowed() throws Exception {
    Site site = Site.in(folder);
    assertThat(run(site).exitCode()).isZero();
    site.edit("login.schema.json", ", \"x-pii\": \"device\"", "");

    assertThat(refusal(site, 2)).contains("CAMELEON_ALLOW_UNMASK=device_id");
    assertThat(run(site.with("CAMELEON_ALLOW_UNMASK", "device_id")).exitCode()).isZero();
  }

  @Test
  void aConfigurationWithSeveralFaultsIsReportedInOneGo() throws Exception {
    Site site = Site.in(folder).with("CAMELEON_KEYSET", "none.json").with("AWS_ACCESS_KEY_ID", "");
    site.edit("login.schema.json", "\"x-pii\": \"ip\"", "\"x-pii\": \"address\"");
    site.edit("load.sql", "INSERT", "DELETE");

    Program.Result result = run(site);

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(problems(result).lines().filter(line -> line.startsWith("  - "))).hasSize(4);
  }

  @Test
  void wrongUsageEndsWithTwo() throws Exception {
    assertThat(Commands.run(Map.of(), folder, "runn").exitCode()).isEqualTo(2);
    assertThat(Program.run(Map.of(), folder, "run", "--until").exitCode()).isEqualTo(2);
    assertThat(Program.run(Map.of(), folder, "run", "--timeout", "soon").err())
        .contains("Invalid value for --timeout: it must be a duration, for example 90s");
  }

  /** The readiness as the network sees it. */
  private static String readiness(String log) throws Exception {
    Matcher url = Pattern.compile("http://\\S+").matcher(log);
    assertThat(url.find()).isTrue();
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(URI.create(url.group())).build(), BodyHandlers.ofString())
        .body();
  }

  /** The output for the operator of a start that must end with this code. */
  private String refusal(Site site, int exitCode) throws Exception {
    Program.Result result = run(site);
    assertThat(result.exitCode()).isEqualTo(exitCode);
    return result.err();
  }

  private Program.Result run(Site site) throws Exception {
    return Commands.run(site.environment(), folder, "--until-empty", "--timeout", "30s");
  }

  /** The standard error of a process, including its log. */
  private String logged(Site site) throws Exception {
    return Program.run(site.environment(), folder, "--until-empty", "--timeout", "30s").err();
  }

  /** The output for the operator, without the log. */
  private static String problems(Program.Result result) {
    return result.err();
  }
}

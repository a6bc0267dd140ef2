package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Commands;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The findings of {@code check} for queues that encrypt, do not encrypt, or do not tell. */
class QueueEncryptionTest {
  private static final String ASK = "GetQueueAttributes";

  @TempDir private Path folder;

  private final SqsProxy proxy = SqsProxy.start();
  private Site site;

  @BeforeEach
  void open() {
    site = Site.in(folder).with("AWS_ENDPOINT_URL", proxy.url());
  }

  @AfterEach
  void close() {
    proxy.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"SqsManagedSseEnabled\":\"false\"} | NOTE | not encrypted at rest",
        "{\"SqsManagedSseEnabled\":\"true\"} | OK | with an SQS key",
        "{\"SqsManagedSseEnabled\":\"false\",\"KmsMasterKeyId\":\"k\"} | OK | with a KMS key",
        "{} | NOTE | does not say"
      })
  void checkReportsTheQueuesEncryption(String attributes, String result, String words)
      throws Exception {
    proxy.on(
        ASK,
        call ->
            call.body().contains("SqsManagedSseEnabled")
                ? SqsProxy.Answer.whole(200, "{\"Attributes\":" + attributes + "}")
                : call.forward());

    Program.Result check = Commands.run(site.environment(), folder, "check");

    assertThat(check.exitCode()).as(check.out() + check.err()).isZero();
    List<String> lines = check.out().lines().filter(line -> line.contains("encryption")).toList();
    assertThat(lines).hasSize(2).allMatch(line -> line.startsWith(result));
    assertThat(lines).allMatch(line -> line.contains(words));
    assertThat(lines.get(0)).contains(site.environment().get("CAMELEON_QUEUE") + ": ");
    assertThat(lines.get(1)).contains(site.environment().get("CAMELEON_DEAD_LETTER_QUEUE") + ": ");
  }

  @Test
  void anSqsWithoutTheAttributesIsNotAFailure() throws Exception {
    proxy.on(
        ASK,
        call ->
            call.body().contains("SqsManagedSseEnabled")
                ? SqsProxy.Answer.whole(
                    400,
                    "{\"__type\":\"com.amazonaws.sqs#InvalidAttributeName\",\"message\":\"Unknown"
                        + " Attribute SqsManagedSseEnabled.\"}")
                : call.forward());

    Program.Result check = Commands.run(site.environment(), folder, "check", "--json");

    assertThat(check.exitCode()).as(check.out() + check.err()).isZero();
    assertThat(check.out())
        .contains("\"check\":\"encryption\",\"result\":\"NOTE\"")
        .contains("does not say whether it encrypts at rest");
  }

  @Test
  void withSealedDeadLettersItNotesTheUnsealedOnes() throws Exception {
    Recipients.add(folder, "anna");
    site.with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString());

    Program.Result original = Commands.run(site.environment(), folder, "check");
    Program.Result sealed =
        Commands.run(
            site.with("CAMELEON_DEAD_LETTER_BODY", "sealed").environment(), folder, "check");

    assertThat(original.exitCode() + sealed.exitCode()).isZero();
    assertThat(original.out())
        .contains("dead letters: original bodies")
        .doesNotContain("MAX_RECEIVES");
    assertThat(sealed.out())
        .contains("dead letters: sealed to [")
        .containsPattern("NOTE +bodies .*MAX_RECEIVES.*too large to seal");
    assertThat(sealed.err()).doesNotContain("ERROR");
  }
}

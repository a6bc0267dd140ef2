package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Commands;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Findings of {@code check} on the rights to settle messages. */
class QueueRightsTest {
  @TempDir private Path folder;

  @Test
  void aMissingRightToSettleMessagesIsFoundBeforeTheFirstIsReceived() throws Exception {
    Site site = Site.in(folder).with("AWS_MAX_ATTEMPTS", "1");
    site.migrate();
    try (SqsProxy proxy = SqsProxy.start()) {
      site.with("AWS_ENDPOINT_URL", proxy.url());

      // SQS refuses the invented receipt handle, which is not a finding.
      assertThat(failed(site, 0)).isEmpty();
      proxy.on("DeleteMessage", Fault.denied());
      assertThat(failed(site, 1))
          .singleElement()
          .asString()
          .contains("SQS answered AccessDenied", "allow sqs:DeleteMessage on the source queue");
      proxy.on("DeleteMessage", throttled());
      proxy.on("ChangeMessageVisibility", Fault.denied());
      assertThat(failed(site, 1))
          .singleElement()
          .asString()
          .contains("SQS answered AccessDenied")
          .contains("allow sqs:ChangeMessageVisibility on the source queue");
      proxy.on("ChangeMessageVisibility", Fault.noAnswer());
      assertThat(failed(site, 1))
          .singleElement()
          .asString()
          .contains("SQS cannot be reached")
          .doesNotContain("allow");
    }
  }

  /** SQS may throttle with the HTTP status of a missing right. */
  private static Fault throttled() {
    return call ->
        SqsProxy.Answer.whole(
            403, "{\"__type\": \"com.amazonaws.sqs#RequestThrottled\", \"message\": \"injected\"}");
  }

  private List<String> failed(Site site, int exitCode) throws Exception {
    Program.Result check = Commands.run(site.environment(), folder, "check");
    assertThat(check.exitCode()).as(check.out() + check.err()).isEqualTo(exitCode);
    return check.out().lines().filter(line -> line.startsWith("FAILED")).toList();
  }
}

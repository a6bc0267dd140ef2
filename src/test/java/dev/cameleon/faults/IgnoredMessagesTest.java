package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.util.Collections;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages that match the contract's x-ignore. */
class IgnoredMessagesTest {
  private static final int MESSAGES = 95;

  /** Ten messages per call, plus the calls of incomplete batches after a second. */
  private static final int MOST_CALLS = 30;

  @TempDir private Path folder;

  @Test
  void oneCallDeletesTenOfThem() throws Exception {
    try (SqsProxy proxy = SqsProxy.start()) {
      Site site =
          Site.in(folder)
              .with("AWS_ENDPOINT_URL", proxy.url())
              .with("CAMELEON_DEAD_LETTER_BRAKE", "100");
      site.edit(
          "login.schema.json",
          "\"type\": \"object\"",
          "\"x-ignore\": {\"required\": [\"ping\"]}, \"type\": \"object\"");
      site.queues().send(Collections.nCopies(MESSAGES, "{\"ping\": 1}"));

      try (Run run = Run.on(site)) {
        run.await(Outcome.IGNORED, MESSAGES);
        assertThat(run.account().received()).isEqualTo(MESSAGES);
      }

      assertThat(proxy.calls(SqsProxy.DELETE)).isLessThanOrEqualTo(MOST_CALLS);
      Awaitility.await().until(() -> site.queues().left() == 0);
    }
  }
}

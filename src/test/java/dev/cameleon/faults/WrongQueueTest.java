package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.Violation;
import dev.cameleon.support.Commands;
import dev.cameleon.support.DeadLetterBox;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The dlq commands with a queue that is not the dead-letter queue. */
class WrongQueueTest {
  private static final String NO_URL = "http://x y/z";
  private static final String DENIED =
      "{\"__type\":\"com.amazon.coral.service#AccessDeniedException\",\"message\":\"denied\"}";

  @TempDir private Path folder;

  private Site site;
  private DeadLetterBox source;

  @BeforeEach
  void sendLiveMessages() {
    site = Site.in(folder);
    source = new DeadLetterBox(site.queues().sourceUrl());
    for (int n = 0; n < 3; n++) {
      source.send(
          Events.body(n), DeadLetterBox.attributes(Violation.CONTRACT, "ip", Instant.EPOCH));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"%s", "%s/", "%s?x=1", "%s#x", "HYPHENS"})
  void theSourceQueueIsRefusedUnderEachOfItsUrls(String form) throws Exception {
    String url = source.url();
    String other =
        form.equals("HYPHENS")
            ? url.substring(0, url.indexOf("login-")) + name().replace("-", "%2D")
            : String.format(form, url);

    Program.Result purged =
        dlq("purge", "--yes", "--reason=CONTRACT", "--older-than=1d", "--queue", other);
    Program.Result replayed = dlq("replay", "--all", "--yes", "--queue", other);

    for (Program.Result refused : List.of(purged, replayed)) {
      assertThat(refused.exitCode()).as(refused.out() + refused.err()).isEqualTo(2);
      assertThat(refused.err())
          .contains(
              form.matches("%s[?#].*")
                  ? "--queue: not the name or URL of a queue"
                  : name() + " is the source queue itself");
    }
    assertThat(source.visible()).isEqualTo(3);
    assertThat(source.hidden()).isZero();
  }

  @Test
  void withoutRightsOnTheSourceQueueOnlyTheDeadLettersAreRead() throws Exception {
    DeadLetterBox.of(site.queues())
        .send("oops", DeadLetterBox.attributes(Violation.NOT_JSON, "", Instant.now()));
    try (SqsProxy proxy = SqsProxy.start()) {
      proxy.on(
          "GetQueueUrl",
          call ->
              call.body().contains('"' + name() + '"')
                  ? SqsProxy.Answer.whole(403, DENIED)
                  : call.forward());
      site.with("AWS_ENDPOINT_URL", proxy.url());

      Program.Result list = dlq("list");
      Program.Result refused = dlq("list", "--queue", source.url() + "/");

      assertThat(list.exitCode()).as(list.err()).isZero();
      assertThat(list.out()).contains("1  NOT_JSON");
      assertThat(refused.exitCode()).as(refused.out()).isEqualTo(2);
      assertThat(refused.err()).contains("is the source queue itself");
    }
  }

  @Test
  void anInvalidUrlIsAWrongSetting() throws Exception {
    Program.Result option = dlq("list", "--queue", NO_URL);
    site.with("CAMELEON_QUEUE", NO_URL).with("CAMELEON_DEAD_LETTER_QUEUE", NO_URL);
    Program.Result dlq = dlq("list");
    Program.Result run = Program.run(site.environment(), folder, "run");

    assertThat(option.exitCode()).as(option.err()).isEqualTo(2);
    assertThat(option.err()).contains("--queue: not the name or URL of a queue");
    for (Program.Result refused : List.of(dlq, run)) {
      assertThat(refused.exitCode()).as(refused.err()).isEqualTo(2);
      assertThat(refused.err())
          .contains("cameleon.queue (CAMELEON_QUEUE): is not the name")
          .contains("cameleon.dead-letter-queue (CAMELEON_DEAD_LETTER_QUEUE): is not the name");
    }
  }

  @Test
  void aMissingQueueIsReportedWithTheSettingThatNamesIt() throws Exception {
    Program.Result option = dlq("list", "--queue", "no-such-queue");
    site.with("CAMELEON_DEAD_LETTER_QUEUE", "no-such-queue");
    Program.Result property = dlq("list");

    assertThat(option.exitCode()).isEqualTo(2);
    assertThat(option.err())
        .contains("--queue: no queue no-such-queue")
        .doesNotContain("CAMELEON_DEAD_LETTER_QUEUE");
    assertThat(property.exitCode()).isEqualTo(2);
    assertThat(property.err()).contains("(CAMELEON_DEAD_LETTER_QUEUE): no queue no-such-queue");
  }

  private String name() {
    return site.queues().environment().get("CAMELEON_QUEUE");
  }

  private Program.Result dlq(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("dlq"));
    all.addAll(List.of(arguments));
    return Commands.run(site.environment(), folder, all.toArray(new String[0]));
  }
}

package dev.cameleon.cli.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.Violation;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Commands;
import dev.cameleon.support.DeadLetterBox;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.model.Message;

/** A dead-letter queue, with commands for it as processes. */
abstract class DlqFixture {
  /** A value in every body of {@link #fill} that must not be in any output. */
  static final String PLANTED = "zanzibar";

  /** The contract's rule that two of the dead letters of {@link #fill} break. */
  static final String RULE = "\"anyOf\": [{\"format\": \"ipv4\"}, {\"format\": \"ipv6\"}]";

  private static final int VISIBILITY_SECONDS = 5;

  @TempDir private Path folder;

  private Site site;
  private DeadLetterBox box;

  @BeforeEach
  void makeQueues() {
    // Messages that SQS gives to a receive cut by a stop stay hidden for this long.
    site = Site.in(folder, VISIBILITY_SECONDS);
    box = DeadLetterBox.of(site.queues());
  }

  Site site() {
    return site;
  }

  Path folder() {
    return folder;
  }

  /** The dead-letter queue. */
  DeadLetterBox box() {
    return box;
  }

  /**
   * Fills the queue through a run: two dead letters that break the contract at {@code ip}, one that
   * is not JSON, and one that the table refuses. Returns the ids of their messages in this order.
   */
  List<String> fill() throws Exception {
    site.migrate();
    site.database().execute("ALTER TABLE user_logins ADD CHECK (device_type <> 'refused')");
    List<String> ids =
        site.queues()
            .send(
                List.of(
                    Events.login(1).put("ip", PLANTED + ".1").toString(),
                    Events.login(2).put("ip", PLANTED + ".2").toString(),
                    PLANTED + "{",
                    Events.login(3)
                        .put("user_id", PLANTED)
                        .put("device_type", "refused")
                        .toString()));
    try (Run run = Run.on(site)) {
      run.await(Outcome.DEAD_LETTERED, ids.size());
    }
    return ids;
  }

  /** Makes the contract accept the first two dead letters of {@link #fill}. */
  void loosen() {
    site.edit("login.schema.json", RULE, "\"maxLength\": 64");
  }

  /** The attributes of a dead letter of this source queue: CONTRACT at ip, failed now. */
  Map<String, String> attributes() {
    Map<String, String> attributes =
        DeadLetterBox.attributes(Violation.CONTRACT, "ip", Instant.now());
    attributes.put("source-queue", sourceQueue());
    return attributes;
  }

  String sourceQueue() {
    return site.environment().get("CAMELEON_QUEUE");
  }

  Program.Result dlq(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("dlq"));
    all.addAll(List.of(arguments));
    Program.Result result = Commands.run(site.environment(), folder, all.toArray(new String[0]));
    assertThat(result.out() + result.err()).doesNotContain(PLANTED);
    return result;
  }

  /** Standard error without the progress lines. */
  static List<String> notes(Program.Result result) {
    return result
        .err()
        .lines()
        .filter(
            line ->
                !line.matches(
                    "(reading|trying|replaying|exporting|sending|deleting|returning): .*"))
        .toList();
  }

  /** Receives all messages of the source queue. */
  List<Message> takeSource() {
    return site.queues().receiveSource();
  }

  /** Loads the source queue, and checks the numbers of rows and dead letters. */
  void load(long rows, long deadLetters) throws Exception {
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, rows).await(Outcome.DEAD_LETTERED, deadLetters);
    }
  }

  /** Checks that the dead-letter queue holds this many dead letters, all visible. */
  void assertVisible(long deadLetters) {
    assertThat(box.visible()).as("visible").isEqualTo(deadLetters);
    assertThat(box.hidden()).as("hidden").isZero();
  }
}

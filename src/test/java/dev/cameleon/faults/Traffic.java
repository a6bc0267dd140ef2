package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Events;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import software.amazon.awssdk.services.sqs.model.Message;

/** What a test sends, and where each message of it must be in the end. */
final class Traffic {
  /** The body of a malformed message. */
  static final String WRONG_TYPE = "{\"foo\": \"oops_wrong_msg_type\", \"bar\": \"123\"}";

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Site site;
  private final TestDatabase database;
  private final Set<String> good = new HashSet<>();
  private final Set<String> malformed = new HashSet<>();
  private int sent;

  Traffic(Site site) {
    this(site, site.database());
  }

  /** What goes to a database of the test's own. */
  Traffic(Site site, TestDatabase database) {
    this.site = site;
    this.database = database;
  }

  /** Sends events of which each n-th is malformed; 0: none. */
  synchronized Traffic send(int count, int malformedEvery) {
    List<String> bodies = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      boolean bad = isMalformed(i, malformedEvery);
      bodies.add(bad ? WRONG_TYPE : Events.body(sent + i));
    }
    sent += count;
    List<String> ids = site.queues().send(bodies);
    for (int i = 0; i < count; i++) {
      (isMalformed(i, malformedEvery) ? malformed : good).add(ids.get(i));
    }
    return this;
  }

  /** Sends one message of this body, which must become a dead letter. */
  synchronized Traffic sendMalformed(String body) {
    malformed.addAll(site.queues().send(List.of(body)));
    return this;
  }

  private static boolean isMalformed(int i, int every) {
    return every > 0 && i % every == every - 1;
  }

  /** How many good events were sent. */
  synchronized int good() {
    return good.size();
  }

  /** How many malformed ones. */
  synchronized int malformed() {
    return malformed.size();
  }

  /** Waits until SQS counts no message on the source queue: none came back, none is left. */
  Traffic awaitGone() {
    Awaitility.await("an empty queue")
        .atMost(PATIENCE)
        .until(() -> rows() >= good() && site.queues().left() == 0);
    return this;
  }

  /** Whether every good event is a row, however often it is still on the queue. */
  boolean isLoaded() {
    return rows() >= good();
  }

  private long rows() {
    // Asked of the catalogue first: a process that waits for its database has not migrated yet.
    return database.number("SELECT count(*) FROM pg_class WHERE relname = 'user_logins'") > 0
        ? database.number("SELECT count(*) FROM user_logins")
        : 0;
  }

  /** Every good event is one row, every malformed one a dead letter; nothing else is anywhere. */
  synchronized void assertArrivedOnce() {
    assertThat(site.queues().left() + rows() + site.queues().deadLetters())
        .as("queue + rows + dead letters: what was sent")
        .isGreaterThanOrEqualTo(good.size() + malformed.size());
    assertThat(site.queues().left()).as("left on the source queue").isZero();
    assertThat(rows()).as("rows").isEqualTo(good.size());
    assertThat(database.number("SELECT count(DISTINCT user_id) FROM user_logins"))
        .as("distinct rows")
        .isEqualTo(good.size());
    assertThat(
            database.query("SELECT message_id FROM cameleon.ingested_message").stream()
                .map(row -> row.get(0)))
        .as("message ids in the ledger")
        .containsExactlyInAnyOrderElementsOf(good);
    assertThat(deadLetters()).as("dead letters").containsExactlyInAnyOrderElementsOf(malformed);
  }

  /** The dead letters, each once by the id of its message; SQS's own redrive keeps that id. */
  private Set<String> deadLetters() {
    Set<String> ids = new HashSet<>();
    List<Message> deadLetters = site.queues().takeDeadLetters();
    for (Message deadLetter : deadLetters) {
      String id = TestQueues.attribute(deadLetter, "source-message-id");
      ids.add(id.isEmpty() ? deadLetter.messageId() : id);
    }
    // SQS has no way to send once only: what is sent again has the same source-message-id.
    System.out.printf(
        "Traffic: %d dead letters, %d sent again%n", ids.size(), deadLetters.size() - ids.size());
    return ids;
  }
}

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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import software.amazon.awssdk.services.sqs.model.Message;

/** The messages of a test, and where each must be in the end. */
final class Traffic {
  /** The body of a malformed message. */
  static final String WRONG_TYPE = "{\"foo\": \"oops_wrong_msg_type\", \"bar\": \"123\"}";

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Site site;
  private final TestDatabase database;
  private final int events;
  private final Set<String> good = new HashSet<>();
  private final Set<String> malformed = new HashSet<>();
  private int sent;

  Traffic(Site site) {
    this(site, site.database(), 1);
  }

  /**
   * Traffic to the test's own database.
   *
   * @param events how many events a message has; if more than one, the site's contract is changed
   */
  Traffic(Site site, TestDatabase database, int events) {
    this.site = site;
    this.database = database;
    this.events = events;
    if (events > 1) {
      site.edit(
          "login.schema.json",
          "\"type\": \"object\"",
          "\"x-event\": \"/Records/*\", \"type\": \"object\"");
    }
  }

  /** Sends events, every n-th of them malformed; 0: none. */
  synchronized Traffic send(int count, int malformedEvery) {
    List<String> bodies = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      boolean bad = isMalformed(i, malformedEvery);
      bodies.add(message(sent + i, bad ? WRONG_TYPE : Events.body((sent + i) * events)));
    }
    sent += count;
    List<String> ids = site.queues().send(bodies);
    for (int i = 0; i < count; i++) {
      (isMalformed(i, malformedEvery) ? malformed : good).add(ids.get(i));
    }
    return this;
  }

  /** Sends one message with this event, which must become a dead letter. */
  synchronized Traffic sendMalformed(String event) {
    malformed.addAll(site.queues().send(List.of(message(sent++, event))));
    return this;
  }

  /** The message with this number: one event, or this event after good ones. */
  private String message(int number, String event) {
    if (events == 1) {
      return event;
    }
    return IntStream.range(1, events)
        .mapToObj(i -> Events.body(number * events + i))
        .collect(Collectors.joining(",", "{\"Records\": [", "," + event + "]}"));
  }

  private static boolean isMalformed(int i, int every) {
    return every > 0 && i % every == every - 1;
  }

  /** How many good events were sent. */
  synchronized int good() {
    return good.size();
  }

  /** How many malformed events were sent. */
  synchronized int malformed() {
    return malformed.size();
  }

  /** Waits until SQS counts no message on the source queue. */
  Traffic awaitGone() {
    Awaitility.await("an empty queue")
        .atMost(PATIENCE)
        .until(() -> isLoaded() && site.queues().left() == 0);
    return this;
  }

  /** Whether every good event is a row, even if copies are still on the queue. */
  boolean isLoaded() {
    return rows() >= (long) good() * events;
  }

  private long rows() {
    // Queries the catalogue first, because a process that waits for its database has not migrated
    // yet.
    if (database.number("SELECT count(*) FROM pg_class WHERE relname = 'user_logins'") == 0) {
      return 0;
    }
    List<String> found =
        database
            .query(
                "SELECT coalesce(sum(n), 0), count(*) FILTER (WHERE n <> %1$d) FROM (SELECT count(*) AS n FROM user_logins GROUP BY substr(user_id, 6)::integer / %1$d) AS message"
                    .formatted(events))
            .get(0);
    assertThat(found.get(1)).as("messages that are rows in part, or twice").isEqualTo("0");
    return Long.parseLong(found.get(0));
  }

  /**
   * Asserts that every good event is one row and every malformed one a dead letter, and that there
   * is nothing else.
   */
  synchronized void assertArrivedOnce() {
    assertThat(site.queues().left() + rows() / events + site.queues().deadLetters())
        .as("queue + rows + dead letters: what was sent")
        .isGreaterThanOrEqualTo(good.size() + malformed.size());
    assertThat(site.queues().left()).as("left on the source queue").isZero();
    assertThat(rows()).as("rows").isEqualTo((long) good.size() * events);
    assertThat(database.number("SELECT count(DISTINCT user_id) FROM user_logins"))
        .as("distinct rows")
        .isEqualTo((long) good.size() * events);
    assertThat(
            database.query("SELECT message_id FROM cameleon.ingested_message").stream()
                .map(row -> row.get(0)))
        .as("message ids in the ledger")
        .containsExactlyInAnyOrderElementsOf(good);
    assertThat(deadLetters()).as("dead letters").containsExactlyInAnyOrderElementsOf(malformed);
  }

  /** The distinct dead letters, by the id of their message, which SQS's own redrive keeps. */
  private Set<String> deadLetters() {
    Set<String> ids = new HashSet<>();
    List<Message> deadLetters = site.queues().takeDeadLetters();
    for (Message deadLetter : deadLetters) {
      String id = TestQueues.attribute(deadLetter, "source-message-id");
      ids.add(id.isEmpty() ? deadLetter.messageId() : id);
    }
    // SQS cannot send exactly once, but a repeated dead letter has the same source-message-id.
    System.out.printf(
        "Traffic: %d dead letters, %d sent again%n", ids.size(), deadLetters.size() - ids.size());
    return ids;
  }
}

package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.support.Commands;
import dev.cameleon.support.Program;
import dev.cameleon.support.Run;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/** A FIFO queue with a FIFO dead-letter queue: groups, their order, and deduplication by SQS. */
class FifoQueuesTest {
  private static final int GROUPS = 20;
  private static final int MESSAGES = 50;

  @TempDir private Path folder;
  private Site site;

  @BeforeEach
  void makePipeline() throws Exception {
    site = Site.fifo(folder, 10).with("CAMELEON_TABLES", "public.events()");
    site.migrate();
    site.database()
        .execute("CREATE TABLE public.events (id bigserial, team text, n bigint, CHECK (n <> 13))");
    Files.writeString(
        folder.resolve("routes/login.schema.json"),
        """
        {"required": ["team", "n"],
         "properties": {
           "team": {"type": "string"},
           "n": {"type": "integer"},
           "who": {"type": "string", "x-pii": "email"}}}""");
    Files.writeString(
        folder.resolve("routes/load.sql"),
        "INSERT INTO public.events (team, n) SELECT team, n FROM event");
  }

  private static String body(String team, int n) {
    return "{\"team\": \"" + team + "\", \"n\": " + n + "}";
  }

  /** Sends whole groups, whose messages arrive while earlier ones are in flight. */
  private void send(int from, int to) {
    for (int n = from; n < to; n += 10) {
      for (int group = 0; group < GROUPS; group++) {
        String team = "team-" + group;
        site.queues()
            .sendTo(team, IntStream.range(n, n + 10).mapToObj(m -> body(team, m)).toList());
      }
    }
  }

  /** The values inserted for each group, in the order of the inserts. */
  private List<List<String>> inserted() {
    return site.database()
        .query("SELECT team, string_agg(n::text, ',' ORDER BY id) FROM events GROUP BY team");
  }

  @Test
  void rowsOfEachGroupAreCommittedInOrderDespiteFailures() throws Exception {
    site.with("CAMELEON_BATCH_ROWS", "7")
        .with("CAMELEON_BATCH_WAIT", "50ms")
        .with("CAMELEON_POLLERS", "8")
        .with("CAMELEON_LOADERS", "4");
    // Every fifth statement fails with a conflict; one row fails alone for a while and returns to
    // the queue; row 13 of each group is refused for good.
    site.database()
        .execute(
            """
            CREATE SEQUENCE tries;
            CREATE SEQUENCE odd;
            CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF nextval('tries') % 5 = 0 THEN
                RAISE EXCEPTION 'conflict' USING ERRCODE = '40001';
              END IF;
              RETURN NULL;
            END $$;
            CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF NEW.n = 25 AND NEW.team = 'team-3' AND nextval('odd') < 7 THEN
                RAISE EXCEPTION 'nothing found' USING ERRCODE = 'P0002';
              END IF;
              RETURN NEW;
            END $$;
            CREATE TRIGGER conflict AFTER INSERT ON events
              FOR EACH STATEMENT EXECUTE FUNCTION conflict();
            CREATE TRIGGER odd BEFORE INSERT ON events
              FOR EACH ROW EXECUTE FUNCTION odd()""");
    send(0, MESSAGES);

    try (Run run = Run.on(site)) {
      run.await(Outcome.DEAD_LETTERED, GROUPS).await(Outcome.LOADED, GROUPS * (MESSAGES - 1L));
      assertThat(run.account().count(Outcome.RETURNED)).isPositive();
    }

    List<String> all =
        IntStream.range(0, MESSAGES).filter(n -> n != 13).mapToObj(Integer::toString).toList();
    assertThat(inserted())
        .hasSize(GROUPS)
        .allSatisfy(group -> assertThat(group.get(1)).isEqualTo(String.join(",", all)));
    assertThat(site.queues().takeDeadLetters())
        .hasSize(GROUPS)
        .allSatisfy(
            deadLetter ->
                assertThat(deadLetter.body())
                    .contains('"' + group(deadLetter) + '"')
                    .contains("\"n\": 13"));
  }

  private static String group(Message message) {
    return message.attributes().get(MessageSystemAttributeName.MESSAGE_GROUP_ID);
  }

  private static String deduplication(Message message) {
    return message.attributes().get(MessageSystemAttributeName.MESSAGE_DEDUPLICATION_ID);
  }

  /** The first message of a queue; it stays there. */
  private static Message first(String url) {
    return Shared.sqs()
        .client()
        .receiveMessage(
            request ->
                request
                    .queueUrl(url)
                    .messageAttributeNames("All")
                    .messageSystemAttributeNames(MessageSystemAttributeName.ALL)
                    .visibilityTimeout(0)
                    .waitTimeSeconds(20))
        .messages()
        .get(0);
  }

  private static void send(String url, Message again) {
    Shared.sqs()
        .client()
        .sendMessage(
            request ->
                request
                    .queueUrl(url)
                    .messageBody(again.body())
                    .messageGroupId(group(again))
                    .messageDeduplicationId(deduplication(again)));
  }

  private Program.Result dlq(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("dlq"));
    all.addAll(List.of(arguments));
    return Commands.run(site.environment(), folder, all.toArray(new String[0]));
  }

  @Test
  void aSecondSendIsDroppedButNoReplayAndNoSecondFailure() throws Exception {
    TestQueues queues = site.queues();
    queues.sendTo("the-team", List.of(body("a", 12), body("a", 13), body("a", 14)));
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 2).await(Outcome.DEAD_LETTERED, 1);
    }
    Message once = first(queues.deadLetterUrl());
    assertThat(group(once)).isEqualTo("the-team");
    assertThat(deduplication(once)).startsWith("dead-letter-");
    // As after a crash between the send and the delete: the same message fails again.
    send(queues.deadLetterUrl(), once);
    assertThat(queues.deadLetters()).isOne();
    // Within five minutes, the replay fails again and makes another dead letter.
    assertThat(dlq("replay", "--all", "--yes").out()).contains("replayed 1, left 0");
    try (Run run = Run.on(site)) {
      run.await(Outcome.DEAD_LETTERED, 1);
    }

    Message twice = first(queues.deadLetterUrl());
    assertThat(group(twice)).isEqualTo("the-team");
    assertThat(TestQueues.attribute(twice, "source-message-id"))
        .isEqualTo(TestQueues.attribute(once, "source-message-id"));
    assertThat(deduplication(twice)).isNotEqualTo(deduplication(once));
    assertThat(dlq("replay", "--all", "--yes").out()).contains("replayed 1, left 0");
    Message replay = first(queues.sourceUrl());
    assertThat(group(replay)).isEqualTo("the-team");
    send(queues.sourceUrl(), replay); // as after a crash of the replay before its delete
    assertThat(queues.left()).isOne();

    site.database().execute("ALTER TABLE events DROP CONSTRAINT events_n_check");
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1);
    }
    assertThat(inserted()).containsExactly(List.of("a", "12,14,13"));
    assertThat(queues.deadLetters()).isZero();
  }

  @Test
  void theCommandsReadTheHeadOfAGroupAndSendPagesInOrder() throws Exception {
    site.queues().sendTo("g", IntStream.range(0, 25).mapToObj(n -> "{\"n\": " + n + "}").toList());
    try (Run run = Run.on(site)) {
      run.await(Outcome.DEAD_LETTERED, 25);
    }

    assertThat(dlq("list", "--json").out()).contains("\"complete\":false");
    site.edit("login.schema.json", "\"team\", \"n\"", "\"n\"");
    assertThat(dlq("replay", "--all", "--yes").out()).contains("replayed 25, left 0");
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 24);
    }
    String all = inserted().get(0).get(1);
    List<Integer> numbers = Arrays.stream(all.split(",")).map(Integer::valueOf).toList();
    assertThat(numbers).isSorted().hasSize(24);
  }

  @Test
  void anImportNeedsTheGroupAndIsNeverDropped() throws Exception {
    site.queues().sendTo("the-team", List.of(body("a", 13)));
    try (Run run = Run.on(site)) {
      run.await(Outcome.DEAD_LETTERED, 1);
    }
    assertThat(dlq("export", "all.jsonl", "--raw", "--purpose", "test").exitCode()).isZero();
    Path file = folder.resolve("all.jsonl");
    String line = Files.readString(file);
    Files.writeString(file, line.replace("\"group_id\":\"the-team\"", "\"group_id\":\"\""));
    assertThat(dlq("import", "all.jsonl").err()).contains("line 1 has no valid \"group_id\"");
    Files.writeString(file, line.replace("\"n\\\": 13", "\"n\\\": 15").replace("13}", "15}"));

    assertThat(dlq("import", "all.jsonl", "--keep").out()).contains("sent 1");
    assertThat(dlq("import", "all.jsonl").out()).contains("sent 1", "deleted 1");
    assertThat(site.queues().left()).isEqualTo(2);
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1).await(Outcome.DUPLICATE, 1);
    }
    assertThat(inserted()).containsExactly(List.of("a", "15"));
  }

  @Test
  void theLastOfAGroupWinsInAnUpsert() throws Exception {
    site.database().execute("ALTER TABLE events ADD UNIQUE (team)");
    Files.writeString(
        folder.resolve("routes/load.sql"),
        """
        INSERT INTO public.events (team, n)
        SELECT DISTINCT ON (team) team, n
          FROM (SELECT *, row_number() OVER () AS position FROM event) e
         ORDER BY team, position DESC
        ON CONFLICT (team) DO UPDATE SET n = excluded.n""");
    site.queues().sendTo("g", IntStream.range(20, 50).mapToObj(n -> body("a", n)).toList());
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 30);
    }
    assertThat(inserted()).containsExactly(List.of("a", "49"));
  }

  @Test
  void routesWithoutTheStepThatKeepsTheOrderAreRefused() {
    site.edit(
        "load.camel.yaml", "              - process:\n                  ref: groupOrder", "#");

    assertThatThrownBy(() -> Run.on(site).close())
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessageContaining("groupOrder");
  }

  @Test
  void aFifoQueueBesideAStandardQueueIsRefused() {
    SqsQueue fifo = new SqsQueue("q.fifo", "http://localhost/q.fifo", "", 30, 1000);
    SqsQueue standard = new SqsQueue("q", "http://localhost/q", "", 30, 1000);

    assertThatThrownBy(() -> new Preflight(fifo, standard).requireUsable())
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessageContaining("q is a standard queue, but q.fifo is a FIFO queue")
        .hasMessageContaining("lose its message group");
    assertThatThrownBy(() -> new Preflight(standard, fifo).requireUsable())
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessageContaining("q.fifo is a FIFO queue, but q is a standard queue");
  }
}

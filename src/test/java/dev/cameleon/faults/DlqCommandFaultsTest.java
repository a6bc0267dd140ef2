package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.dlq.DeadLetterReader;
import dev.cameleon.dlq.ReceivedDeadLetter;
import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.support.Commands;
import dev.cameleon.support.DeadLetterBox;
import dev.cameleon.support.Program;
import dev.cameleon.support.Shared;
import dev.cameleon.support.TestQueues;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.SqsException;

/** The dlq commands, while SQS fails: no dead letter is lost, read twice, or kept for long. */
class DlqCommandFaultsTest {
  private static final int COUNT = 100;

  /** Enough for a process on a busy machine. */
  private static final Duration START = Duration.ofSeconds(60);

  @TempDir private Path folder;

  private final SqsProxy proxy = SqsProxy.start();
  private final TestQueues queues = TestQueues.create(30); // also sets the SDK's region and keys
  private final DeadLetterBox box = DeadLetterBox.of(queues);
  private final SqsClient client =
      SqsClient.builder().endpointOverride(URI.create(proxy.url())).build();
  private final DeadLetterReader deadLetters =
      new DeadLetterReader(client, SqsQueue.find(client, box.url()), () -> false);
  private final List<ReceivedDeadLetter> read = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() {
    client.close();
    proxy.close();
  }

  @Test
  void aDeadLetterThatIsReceivedTwiceIsReadOnce() throws Exception {
    box.fill(COUNT);
    proxy.on(SqsProxy.RECEIVE, Fault.twiceInOneBatch(true));

    deadLetters.read(Integer.MAX_VALUE, read::addAll);

    assertEachWasReadOnce();
    assertThat(deadLetters.returnToQueue(done -> {})).isZero();
    assertAllAreBack();
  }

  @Test
  void deadLettersThatReappearWhileOthersAreReadAreReadOnceAndTheReadingEnds() throws Exception {
    box.fill(COUNT);
    proxy.on(
        SqsProxy.RECEIVE,
        call ->
            call.forward(
                call.body().replace("\"VisibilityTimeout\":600", "\"VisibilityTimeout\":1")));

    deadLetters.read(Integer.MAX_VALUE, read::addAll);

    assertEachWasReadOnce();
    assertThat(proxy.calls(SqsProxy.RECEIVE)).isGreaterThan(COUNT / 10);
    deadLetters.close();
    assertAllAreBack();
  }

  @Test
  void receivesThatFailForAWhileAreRepeated() throws Exception {
    box.fill(COUNT);
    proxy.on(SqsProxy.RECEIVE, Fault.throttling().every(3).first(30));

    assertThat(deadLetters.read(Integer.MAX_VALUE, read::addAll))
        .isEqualTo(DeadLetterReader.End.EMPTY);

    assertEachWasReadOnce();
    deadLetters.close();
    assertAllAreBack();
  }

  @Test
  void aReceiveThatIsRefusedEndsTheReadingAndAllIsReturned() throws Exception {
    box.fill(COUNT);

    assertThatThrownBy(
            () ->
                deadLetters.read(
                    Integer.MAX_VALUE,
                    page -> {
                      read.addAll(page);
                      proxy.on(SqsProxy.RECEIVE, Fault.denied());
                    }))
        .isInstanceOf(SqsException.class);

    assertThat(read).isNotEmpty();
    assertThat(deadLetters.returnToQueue(done -> {})).isZero();
    assertAllAreBack();
  }

  @Test
  void deletesThatFailForSomeAreRepeatedForThose() throws Exception {
    box.fill(COUNT);
    deadLetters.read(Integer.MAX_VALUE, read::addAll);
    proxy.on(SqsProxy.DELETE, Fault.refusing(read.get(3).id()).first(2));

    assertThat(deadLetters.delete(ids(read))).hasSize(COUNT);

    assertThat(proxy.calls(SqsProxy.DELETE)).isGreaterThan(COUNT / 10);
    assertThat(box.visible() + box.hidden()).isZero();
  }

  @Test
  void deadLettersThatCannotBeDeletedAreReportedAndReturned() throws Exception {
    box.fill(COUNT);
    deadLetters.read(Integer.MAX_VALUE, read::addAll);
    ReceivedDeadLetter stuck = read.get(42);
    proxy.on(SqsProxy.DELETE, Fault.refusing(stuck.id()));

    List<String> deleted = deadLetters.delete(ids(read));

    assertThat(deleted).hasSize(COUNT - 1).doesNotContain(stuck.id());
    deadLetters.close();
    assertThat(box.visible()).isEqualTo(1);
    assertThat(box.hidden()).isZero();
  }

  @Test
  void deletesThatAreDeniedDeleteNothingAndAllIsReturned() throws Exception {
    box.fill(20);
    deadLetters.read(Integer.MAX_VALUE, read::addAll);
    proxy.on(SqsProxy.DELETE, Fault.denied());

    assertThat(deadLetters.delete(ids(read))).isEmpty();

    deadLetters.close();
    assertThat(box.visible()).isEqualTo(20);
  }

  @Test
  void returningIsRepeatedForThoseThatFailed() throws Exception {
    box.fill(COUNT);
    deadLetters.read(Integer.MAX_VALUE, read::addAll);
    proxy.on(SqsProxy.CHANGE_VISIBILITY, Fault.status(500).exceptEvery(3).first(20));

    assertThat(deadLetters.returnToQueue(done -> {})).isZero();
    assertAllAreBack();
  }

  @Test
  void answersThatAreLostWhileDeadLettersAreReturnedDoNoHarm() throws Exception {
    box.fill(COUNT);
    deadLetters.read(Integer.MAX_VALUE, read::addAll);
    proxy.on(SqsProxy.CHANGE_VISIBILITY, Fault.answerLost().every(2).first(10));

    assertThat(deadLetters.returnToQueue(done -> {})).isZero();
    assertAllAreBack();
  }

  @Test
  void aCommandThatMayNotReturnSaysWhenTheyReappear() throws Exception {
    box.fill(20);
    proxy.on(SqsProxy.CHANGE_VISIBILITY, Fault.denied());

    Program.Result result = Commands.run(environment(), folder, "dlq", "list");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("     20  CONTRACT       ip ");
    assertThat(result.err())
        .contains(
            "note: dead letters that SQS did not make visible again: 20; they reappear"
                + " within ten minutes");
    assertThat(box.hidden()).isEqualTo(20);
  }

  @Test
  void aCommandThatMayNotReceiveSaysSo() throws Exception {
    box.fill(20);
    proxy.on(SqsProxy.RECEIVE, Fault.denied());

    Program.Result result = Commands.run(environment(), folder, "dlq", "list");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains("-dlq cannot be read: SQS answered AccessDeniedException (HTTP 403)");
    assertThat(box.visible()).isEqualTo(20);
  }

  @Test
  void aSecondSignalEndsTheProcessWhileItReturns() throws Exception {
    box.fill(20);
    proxy.on(SqsProxy.CHANGE_VISIBILITY, Fault.slow(25_000));
    try (Program program = Program.start(environment(), folder, "dlq", "list")) {
      Awaitility.await().atMost(START).until(() -> proxy.calls(SqsProxy.CHANGE_VISIBILITY) > 0);
      program.terminate();
      Awaitility.await().until(() -> program.err().contains("Stopping"));
      assertThat(program.isAlive()).isTrue();
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .pollInterval(Duration.ofMillis(400)) // signals closer together count as one request
          .until(
              () -> {
                program.terminate();
                return !program.isAlive();
              });
      Program.Result result = program.result();

      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.err())
          .contains("Stopped at once. Messages that were in flight reappear on the queue");
    }
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>(Shared.sqs().environment());
    environment.putAll(queues.environment());
    environment.put("AWS_ENDPOINT_URL", proxy.url());
    return environment;
  }

  private static List<String> ids(List<ReceivedDeadLetter> some) {
    return some.stream().map(ReceivedDeadLetter::id).toList();
  }

  private void assertEachWasReadOnce() {
    Set<String> ids = new HashSet<>();
    read.forEach(deadLetter -> ids.add(deadLetter.id()));
    assertThat(ids).hasSize(COUNT);
    assertThat(read).hasSize(COUNT);
    assertThat(deadLetters.count()).isEqualTo(COUNT);
  }

  private void assertAllAreBack() {
    assertThat(box.visible()).isEqualTo(COUNT);
    assertThat(box.hidden()).isZero();
  }
}

package dev.cameleon.dlq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.support.DeadLetterBox;
import dev.cameleon.support.Shared;
import dev.cameleon.support.TestQueues;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Reading the dead-letter queue: each dead letter once; those not deleted are returned. */
class DeadLetterReaderTest {
  private static final int COUNT = 300;

  private final DeadLetterBox box = DeadLetterBox.of(TestQueues.create(30));
  private final AtomicBoolean stop = new AtomicBoolean();
  private final List<ReceivedDeadLetter> read = Collections.synchronizedList(new ArrayList<>());
  private final DeadLetterReader deadLetters =
      new DeadLetterReader(
          Shared.sqs().client(), SqsQueue.find(Shared.sqs().client(), box.url()), stop::get);

  @Test
  void eachDeadLetterIsReadOnceAndHiddenUntilAllAreReturned() throws Exception {
    box.fill(COUNT);

    DeadLetterReader.End end = deadLetters.read(Integer.MAX_VALUE, read::addAll);

    assertThat(end).isEqualTo(DeadLetterReader.End.EMPTY);
    assertThat(ids()).hasSize(COUNT);
    assertThat(read).hasSize(COUNT);
    assertThat(deadLetters.count()).isEqualTo(COUNT);
    assertThat(box.hidden()).isEqualTo(COUNT);
    AtomicLong progress = new AtomicLong();
    assertThat(deadLetters.returnToQueue(done -> progress.accumulateAndGet(done, Math::max)))
        .isZero();
    assertThat(progress.get()).isEqualTo(COUNT);
    assertAllAreBack(COUNT);
  }

  @Test
  void anEmptyQueueEndsAtOnce() throws Exception {
    assertThat(deadLetters.read(Integer.MAX_VALUE, read::addAll))
        .isEqualTo(DeadLetterReader.End.EMPTY);
    assertThat(read).isEmpty();
    assertThat(deadLetters.returnToQueue(done -> {})).isZero();
  }

  @Test
  void noMoreAreReadOrHiddenThanAskedFor() throws Exception {
    box.fill(COUNT);

    assertThat(deadLetters.read(37, read::addAll)).isEqualTo(DeadLetterReader.End.LIMIT);

    assertThat(ids()).hasSize(37);
    assertThat(box.hidden()).isEqualTo(37);
    deadLetters.close();
    assertAllAreBack(COUNT);
  }

  @Test
  void aLimitThatIsLargerThanTheQueueIsNotReached() throws Exception {
    box.fill(25);

    assertThat(deadLetters.read(26, read::addAll)).isEqualTo(DeadLetterReader.End.EMPTY);
    assertThat(read).hasSize(25);
    deadLetters.close();
  }

  @Test
  void deletedDeadLettersAreGoneAndTheRestIsReturned() throws Exception {
    box.fill(COUNT);
    deadLetters.read(Integer.MAX_VALUE, read::addAll);
    List<String> some = ids(read.subList(0, 123));

    List<String> deleted = deadLetters.delete(some);
    deadLetters.close();

    assertThat(deleted).isEqualTo(some);
    assertAllAreBack(COUNT - 123);
    Set<String> before = ids();
    some.forEach(before::remove);
    read.clear();
    DeadLetterReader again =
        new DeadLetterReader(
            Shared.sqs().client(), SqsQueue.find(Shared.sqs().client(), box.url()), stop::get);
    again.read(Integer.MAX_VALUE, read::addAll);
    again.close();
    assertThat(ids()).isEqualTo(before);
  }

  @Test
  void deletingWhileReadingIsPossible() throws Exception {
    box.fill(COUNT);

    deadLetters.read(
        Integer.MAX_VALUE,
        page -> {
          assertThat(deadLetters.delete(ids(page))).hasSameSizeAs(page);
          read.addAll(page);
        });

    assertThat(ids()).hasSize(COUNT);
    assertThat(deadLetters.returnToQueue(done -> {})).isZero();
    assertAllAreBack(0);
  }

  @Test
  void deadLettersThatReappearedAreNotCountedAsDeleted() throws Exception {
    box.fill(5);
    DeadLetterReader brief =
        new DeadLetterReader(
            Shared.sqs().client(), SqsQueue.find(Shared.sqs().client(), box.url()), stop::get, 1);
    brief.read(5, read::addAll);
    Awaitility.await().until(() -> box.visible() == 5);

    assertThat(brief.delete(ids(read))).isEmpty();

    assertThat(brief.reappeared()).isEqualTo(5);
    brief.close();
    assertAllAreBack(5);
  }

  @Test
  void anErrorOfAReaderIsThrownUnchanged() throws Exception {
    box.fill(1);

    assertThatThrownBy(
            () ->
                deadLetters.read(
                    1,
                    page -> {
                      throw new OutOfMemoryError("a reader's");
                    }))
        .isInstanceOf(OutOfMemoryError.class)
        .hasMessage("a reader's");

    deadLetters.close();
    assertAllAreBack(1);
  }

  @Test
  void aReaderThatFailsEndsTheReadingAndAllIsReturned() throws Exception {
    box.fill(COUNT);

    assertThatThrownBy(
            () ->
                deadLetters.read(
                    Integer.MAX_VALUE,
                    page -> {
                      read.addAll(page);
                      if (read.size() > 50) {
                        throw new IllegalArgumentException("a reader's fault");
                      }
                    }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a reader's fault");

    assertThat(deadLetters.count()).isLessThan(COUNT);
    deadLetters.close();
    assertAllAreBack(COUNT);
  }

  @Test
  void aStopInTheMiddleReturnsAll() throws Exception {
    box.fill(COUNT);

    DeadLetterReader.End end =
        deadLetters.read(
            Integer.MAX_VALUE,
            page -> {
              read.addAll(page);
              stop.set(read.size() > 50);
            });

    assertThat(end).isEqualTo(DeadLetterReader.End.STOPPED);
    assertThat(read).hasSizeBetween(50, COUNT - 1);
    deadLetters.close();
    assertAllAreBack(COUNT);
  }

  @Test
  void aReaderThatHasEnoughReadsNoFurther() throws Exception {
    box.fill(COUNT);

    DeadLetterReader.End end =
        deadLetters.read(
            Integer.MAX_VALUE,
            page -> {
              read.addAll(page);
              deadLetters.enough();
            });

    assertThat(end).isEqualTo(DeadLetterReader.End.LIMIT);
    assertThat(read.size()).isLessThan(COUNT);
    deadLetters.close();
    assertAllAreBack(COUNT);
  }

  private static List<String> ids(List<ReceivedDeadLetter> some) {
    return some.stream().map(ReceivedDeadLetter::id).toList();
  }

  private Set<String> ids() {
    Set<String> ids = new HashSet<>();
    read.forEach(deadLetter -> ids.add(deadLetter.id()));
    return ids;
  }

  private void assertAllAreBack(long count) {
    assertThat(box.visible()).isEqualTo(count);
    assertThat(box.hidden()).isZero();
  }
}

package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.settle.Brake;
import dev.cameleon.settle.Deliveries;
import dev.cameleon.settle.Gate;
import dev.cameleon.settle.Queue;
import dev.cameleon.settle.Received;
import dev.cameleon.settle.Visibility;
import dev.cameleon.support.Shared;
import dev.cameleon.support.TestQueues;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;

/**
 * A full hand stays invisible behind a slow network: with four calls at a time, all of it lapses.
 */
class ManyInHandTest {
  private static final int MESSAGES = 10_000;
  private static final int VISIBILITY_SECONDS = 10;
  private static final long ROUND_TRIP_MILLIS = 40;
  private static final int MOST_CALLS = 64;

  @Test
  void tenThousandMessagesStayInvisibleTwiceTheirTimeBehindFortyMilliseconds() {
    TestQueues queues = TestQueues.create(VISIBILITY_SECONDS);
    queues.send(Collections.nCopies(MESSAGES, "{}"));
    Deliveries deliveries = new Deliveries(MESSAGES, 1L << 30, new Brake(new Gate(), 100));
    Queue source = new Queue("source", queues.sourceUrl(), "", VISIBILITY_SECONDS, 1 << 20);
    ThreadPoolExecutor calls =
        new ThreadPoolExecutor(
            MOST_CALLS, MOST_CALLS, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    try (SqsProxy proxy = SqsProxy.start().onAll(Fault.slow(ROUND_TRIP_MILLIS));
        SqsClient sqs = Shared.sqs().clientThrough(proxy.url())) {
      Visibility visibility =
          new Visibility(sqs, source, deliveries, calls, Duration.ofMinutes(10).toNanos());
      ScheduledFuture<?> ticks =
          clock.scheduleWithFixedDelay(visibility::extend, 1, 1, TimeUnit.SECONDS);
      while (deliveries.account().received() < MESSAGES) {
        long began = System.nanoTime();
        Received.these(deliveries, receive(queues), began);
      }

      Awaitility.await()
          .during(Duration.ofSeconds(2L * VISIBILITY_SECONDS))
          .atMost(Duration.ofSeconds(2L * VISIBILITY_SECONDS + 5))
          .until(() -> queues.visible() == 0);
      assertThat(ticks.isDone()).as("an extension failed").isFalse();
      assertThat(queues.hidden()).isEqualTo(MESSAGES);
      assertThat(deliveries.account().received()).isEqualTo(MESSAGES);
    } finally {
      clock.shutdownNow();
      calls.shutdownNow();
    }
  }

  private static List<Message> receive(TestQueues queues) {
    return Shared.sqs()
        .client()
        .receiveMessage(
            request ->
                request
                    .queueUrl(queues.sourceUrl())
                    .maxNumberOfMessages(10)
                    .messageSystemAttributeNamesWithStrings("All"))
        .messages();
  }
}

package dev.cameleon.sqs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.aws.AwsClients;
import dev.cameleon.support.TestQueues;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequest;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

class ReturnDelayTest {
  @ParameterizedTest(name = "received {0} times, others succeed: {1}")
  @CsvSource({
    "1, true, 5",
    "2, true, 10",
    "3, true, 20",
    "7, true, 300",
    "1000, true, 300",
    "1, false, 5",
    "2, false, 300",
    "3, false, 300"
  })
  void aFailedMessageStaysAwayLongerEachTimeAndLongestIfNothingSucceeds(
      int receiveCount, boolean others, int seconds) {
    assertThat(Acknowledger.delaySeconds(receiveCount, others)).isEqualTo(seconds);
  }

  @ParameterizedTest(name = "others succeed: {0}")
  @ValueSource(booleans = {true, false})
  void sqsIsAskedForTheDelayOfEachMessage(boolean others) {
    TestQueues queues = TestQueues.create(600);
    queues.send(List.of("{}", "{}", "{}"));
    ReceiveGate gate = new ReceiveGate();
    InFlightMessages deliveries =
        new InFlightMessages(1000, 1L << 30, new DeadLetterBrake(gate, 100), MessageTracing.OFF);
    ExecutorService calls = Executors.newSingleThreadExecutor();
    Delays asked = new Delays();
    try (SqsClient sqs = AwsClients.sqs(1, asked)) {
      SqsQueue source = new SqsQueue("source", queues.sourceUrl(), "", 600, 1 << 20);
      Map<String, Integer> counts = receive(sqs, queues, deliveries);

      Acknowledger acknowledger =
          new Acknowledger(new SqsBatchCalls(sqs, source), deliveries, gate, calls);
      acknowledger.postponed(deliveries.rest(), others);

      Awaitility.await().until(() -> deliveries.account().count(Outcome.RETURNED) == 3);
      counts.replaceAll((receipt, count) -> Acknowledger.delaySeconds(count, others));
      assertThat(asked.byReceipt).isEqualTo(counts).doesNotContainValue(0);
      assertThat(asked.byReceipt.values()).contains(5);
    } finally {
      calls.shutdownNow();
    }
  }

  /** Three messages, received once, twice and three times. */
  private static Map<String, Integer> receive(
      SqsClient sqs, TestQueues queues, InFlightMessages deliveries) {
    Map<String, Integer> counts = new ConcurrentHashMap<>();
    Awaitility.await()
        .until(
            () -> {
              for (Message message :
                  sqs.receiveMessage(
                          request ->
                              request
                                  .queueUrl(queues.sourceUrl())
                                  .messageSystemAttributeNamesWithStrings("SentTimestamp"))
                      .messages()) {
                counts.put(message.receiptHandle(), counts.size() + 1);
                Map<MessageSystemAttributeName, String> attributes =
                    Map.of(
                        MessageSystemAttributeName.SENT_TIMESTAMP,
                        message.attributes().get(MessageSystemAttributeName.SENT_TIMESTAMP),
                        MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT,
                        Integer.toString(counts.size()));
                ReceivedMessages.these(
                    deliveries,
                    List.of(message.toBuilder().attributes(attributes).build()),
                    System.nanoTime());
              }
              return counts.size() == 3;
            });
    return counts;
  }

  /** The requested visibility timeouts. */
  private static final class Delays implements ExecutionInterceptor {
    private final Map<String, Integer> byReceipt = new ConcurrentHashMap<>();

    @Override
    public void beforeExecution(Context.BeforeExecution call, ExecutionAttributes attributes) {
      if (call.request() instanceof ChangeMessageVisibilityBatchRequest change) {
        change
            .entries()
            .forEach(each -> byReceipt.put(each.receiptHandle(), each.visibilityTimeout()));
      }
    }
  }
}

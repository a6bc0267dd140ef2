package dev.cameleon.settle;

import dev.cameleon.contract.RejectedException;
import dev.cameleon.mask.MaskedRecord;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/** Receives for the benchmark's plain loop, with the application's own account and bounds. */
public final class HandIntake {
  /** A record and its message. */
  public record Masked(Delivery delivery, MaskedRecord record) {}

  /** Contract and mask. */
  public interface Step {
    /** Masks one message. */
    MaskedRecord mask(Delivery delivery) throws RejectedException;
  }

  private final SqsClient sqs;
  private final Queue source;
  private final Deliveries deliveries;

  /** Makes one. */
  public HandIntake(SqsClient sqs, Queue source, Deliveries deliveries) {
    this.sqs = sqs;
    this.source = source;
    this.deliveries = deliveries;
  }

  /** Receives once and passes on what it got. */
  public void receive(Step step, BlockingQueue<Masked> masked)
      throws InterruptedException, RejectedException {
    if (!deliveries.awaitRoom(1000)) {
      return;
    }
    long began = System.nanoTime();
    List<Message> messages =
        sqs.receiveMessage(
                request ->
                    request
                        .queueUrl(source.url())
                        .maxNumberOfMessages(10)
                        .waitTimeSeconds(20)
                        .messageSystemAttributeNames(
                            MessageSystemAttributeName.SENT_TIMESTAMP,
                            MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT)
                        .messageAttributeNames("source-message-id", "sent-at"))
            .messages();
    deliveries.receive(messages, began);
    for (Message message : messages) {
      Delivery delivery = Delivery.of(message, began);
      masked.put(new Masked(delivery, step.mask(delivery)));
    }
  }
}

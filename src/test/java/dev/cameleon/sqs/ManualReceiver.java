package dev.cameleon.sqs;

import dev.cameleon.contract.RejectedException;
import dev.cameleon.mask.MaskedRecord;
import java.util.concurrent.BlockingQueue;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;

/** Receives for the benchmark's plain loop, with the application's own account and bounds. */
public final class ManualReceiver {
  /** A record and its message. */
  public record Masked(Delivery delivery, MaskedRecord record) {}

  /** Contract and mask. */
  public interface Step {
    /** Masks one message. */
    MaskedRecord mask(Delivery delivery) throws RejectedException;
  }

  private final ReceivingSqsClient intake;
  private final ReceiveMessageRequest request;

  public ManualReceiver(ReceivingSqsClient intake, SqsQueue source) {
    this.intake = intake;
    this.request =
        ReceiveMessageRequest.builder().queueUrl(source.url()).maxNumberOfMessages(10).build();
  }

  /** Receives once and passes on what it got. */
  public void receive(Step step, BlockingQueue<Masked> masked)
      throws InterruptedException, RejectedException {
    long began = System.nanoTime();
    for (Message message : intake.receiveMessage(request).messages()) {
      Delivery delivery = Delivery.of(message, began);
      masked.put(new Masked(delivery, step.mask(delivery)));
    }
  }
}

package dev.cameleon.sqs;

import dev.cameleon.contract.IgnoredException;
import dev.cameleon.contract.RejectedException;
import dev.cameleon.mask.MaskedMessage;
import java.util.concurrent.BlockingQueue;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;

/** Receives for the benchmark's plain loop, with the application's account and limits. */
public final class ManualReceiver {
  /** A record and its message. */
  public record Masked(Delivery delivery, MaskedMessage record) {}

  /** Contract and mask. */
  public interface Step {
    /** Masks one message. */
    MaskedMessage mask(Delivery delivery) throws RejectedException, IgnoredException;
  }

  private final ReceivingSqsClient intake;
  private final ReceiveMessageRequest request;

  public ManualReceiver(ReceivingSqsClient intake, SqsQueue source) {
    this.intake = intake;
    this.request =
        ReceiveMessageRequest.builder().queueUrl(source.url()).maxNumberOfMessages(10).build();
  }

  /** Receives once and passes on the masked messages. */
  public void receive(Step step, BlockingQueue<Masked> masked)
      throws InterruptedException, RejectedException, IgnoredException {
    long began = System.nanoTime();
    for (Message message : intake.receiveMessage(request).messages()) {
      Delivery delivery = Delivery.of(message, began);
      masked.put(new Masked(delivery, step.mask(delivery)));
    }
  }
}

package dev.cameleon.mask;

import dev.cameleon.contract.IgnoredException;
import dev.cameleon.contract.RejectedException;
import java.util.Map;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/** Prepares a message for loading: body → events → contract → mask. Thread-safe. */
@FunctionalInterface
public interface Preparation {
  /**
   * Prepares one message.
   *
   * @param attributes the message's attributes
   * @throws RejectedException if it would become a dead letter
   * @throws IgnoredException if it matches the contract's {@code x-ignore}
   * @throws PreparationFailedException if it would return to the queue, because a step fails
   */
  MaskedMessage prepare(String body, Map<String, MessageAttributeValue> attributes)
      throws RejectedException, IgnoredException, PreparationFailedException;
}

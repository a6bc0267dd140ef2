package dev.cameleon.sqs;

import java.math.BigInteger;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/**
 * A message's place in a FIFO queue.
 *
 * @param id the message group id: possibly personal, never logged
 * @param number the sequence number, which grows within a group
 */
public record MessageGroup(String id, BigInteger number) {
  /** Reads the group; empty for a message of a standard queue, which has no sequence number. */
  public static Optional<MessageGroup> of(Map<MessageSystemAttributeName, String> system) {
    String id = system.get(MessageSystemAttributeName.MESSAGE_GROUP_ID);
    String number = system.get(MessageSystemAttributeName.SEQUENCE_NUMBER);
    return id == null || number == null
        ? Optional.empty()
        : Optional.of(new MessageGroup(id, new BigInteger(number)));
  }

  /** Shows only the sequence number, because the id may be personal. */
  @Override
  public String toString() {
    return "MessageGroup[" + number + "]";
  }
}

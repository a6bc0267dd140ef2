package dev.cameleon.dlq;

import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.crypto.SealedBody;
import dev.cameleon.crypto.UnopenedException;
import dev.cameleon.sqs.SenderAttributes;
import java.util.Optional;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/**
 * Opens the original bodies of dead letters, as far as the key allows.
 *
 * @param key opens bodies that are sealed to its holder; empty: sealed bodies stay closed
 */
public record Bodies(Optional<RecipientKey> key) {
  /** The sender's attributes: personal; empty if they are sealed and cannot be opened. */
  public Optional<SenderAttributes> attributes(ReceivedDeadLetter deadLetter) {
    if (deadLetter.sender().isEmpty()) {
      return Optional.of(SenderAttributes.NONE);
    }
    Optional<SenderAttributes> readable = SenderAttributes.parse(deadLetter.sender());
    if (!deadLetter.sealed()) {
      return Optional.of(readable.orElse(SenderAttributes.NONE));
    }
    return readable.or(() -> opened(deadLetter.sender()));
  }

  private Optional<SenderAttributes> opened(String sealed) {
    try {
      Optional<SenderAttributes> attributes =
          key.isEmpty()
              ? Optional.empty()
              : SenderAttributes.parse(SealedBody.open(sealed, key.get()));
      // Sealed twice, if it was moved to the source queue and dead-lettered again.
      return attributes
          .map(some -> some.values().get(SenderAttributes.PACKED))
          .map(MessageAttributeValue::stringValue)
          .flatMap(this::opened)
          .or(() -> attributes);
    } catch (UnopenedException e) {
      return Optional.empty();
    }
  }

  /** The original body: personal; empty if it is sealed and cannot be opened. */
  public Optional<String> original(ReceivedDeadLetter deadLetter) {
    if (!deadLetter.sealed()) {
      return Optional.of(deadLetter.body());
    }
    if (key.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(SealedBody.open(deadLetter.body(), key.get()));
    } catch (UnopenedException e) {
      return Optional.empty();
    }
  }
}

package dev.cameleon.dlq;

import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.crypto.SealedBody;
import dev.cameleon.crypto.UnopenedException;
import java.util.Optional;

/**
 * Opens the original bodies of dead letters, as far as they are readable.
 *
 * @param key opens bodies that are sealed to its holder; empty: sealed bodies stay closed
 */
public record Bodies(Optional<RecipientKey> key) {
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

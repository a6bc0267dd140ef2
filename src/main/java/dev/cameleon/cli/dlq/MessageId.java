package dev.cameleon.cli.dlq;

import java.util.Optional;
import java.util.UUID;

/** The id that SQS gives a message: a UUID. */
final class MessageId {
  /** An example for messages to the operator. */
  static final String EXAMPLE = "for example 1b4e28ba-2fa1-4b7e-9f3a-6d1c0e5f7a21";

  private MessageId() {}

  /** The id in lower case, as SQS and the ledger write it; empty if the text is not an id. */
  static Optional<String> parse(String text) {
    try {
      // UUID also accepts shorter forms.
      return Optional.of(UUID.fromString(text).toString()).filter(text::equalsIgnoreCase);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}

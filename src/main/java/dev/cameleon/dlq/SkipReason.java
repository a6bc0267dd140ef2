package dev.cameleon.dlq;

import java.util.Locale;

/** Why a selected dead letter was not replayed. */
public enum SkipReason {
  /** The dead-letter queue is shared, and this dead letter came from another queue. */
  OTHER_QUEUE(
      "of another source queue",
      "They came from another source queue: set CAMELEON_QUEUE to it, and replay them there."),
  /** It may be a live message of a queue that was named by mistake. */
  UNKNOWN_ORIGIN(
      "of unknown origin",
      "They have no sign that Cameleon or SQS moved them here (UNKNOWN): check that"
          + " this is the right dead-letter queue. List them with dlq list --reason UNKNOWN"
          + " --each, look at them with dlq show ID, and replay those that belong here by"
          + " id: dlq replay ID."),
  /** A message that fails again must not be replayed in circles. */
  REPLAYED_BEFORE(
      "of messages already replayed",
      "This command already sent their messages: each failed again since, or was on"
          + " the queue twice. Check why they failed (dlq list) before you replay them"
          + " again; if you corrected a rule, reload or restart run first."),
  /** Its body can only be opened with a private key. */
  SEALED(
      "sealed",
      "Their bodies are sealed: give the key of a recipient of dead letters,"
          + " --private-key FILE or --kms-key ARN."),
  /** If it were replayed without all attributes, an optional property might silently be absent. */
  INCOMPLETE(
      "without all attributes",
      "There was no room for all message attributes of their senders: dlq show ID names those"
          + " that are left out. If the contract needs none of them, replay the dead letters by"
          + " id: dlq replay ID. Else add them in a file: dlq export --raw, edit \"attributes\","
          + " dlq import."),
  /** With the two attributes of a replay, it exceeds the queue's limit. */
  TOO_LARGE(
      "too large",
      "With the attributes source-message-id and sent-at they are larger than the"
          + " source queue accepts: shorten them (dlq export --raw, edit, dlq import), or"
          + " raise the queue's maximum message size."),
  /** The ledger may have deleted its id, so it could be loaded twice. */
  TOO_OLD(
      "too old",
      "They were sent before the time that the ledger covers (cameleon.ledger.days),"
          + " so a message that was loaded would be loaded again. If you know that none was"
          + " loaded, raise CAMELEON_LEDGER_DAYS for this command."),
  /** SQS refused it for good. */
  REFUSED("refused by SQS", "SQS refused their messages, for the reason in the note below."),
  /** The replay was stopped or failed before its turn. */
  UNSENT("not sent", "The replay ended before it sent them.");

  private final String brief;
  private final String words;

  SkipReason(String brief, String words) {
    this.brief = brief;
    this.words = words;
  }

  /** A short form for lists, to follow a number. */
  public String brief() {
    return brief;
  }

  /** The meaning and the remedy, in sentences. */
  public String words() {
    return words;
  }

  /** The key in JSON output. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}

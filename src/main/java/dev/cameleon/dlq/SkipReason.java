package dev.cameleon.dlq;

import java.util.Locale;

/** Why a selected dead letter was not replayed. */
public enum SkipReason {
  /** The dead-letter queue is shared, and this dead letter came from another queue. */
  OTHER_QUEUE(
      "of another source queue",
      "They came from another queue: replay them with its CAMELEON_QUEUE."),
  /** It may be a live message of a queue that was named by mistake. */
  UNKNOWN_ORIGIN(
      "of unknown origin",
      "Neither Cameleon nor SQS says that it moved them here (UNKNOWN): is it the right queue? See"
          + " them with dlq list --reason UNKNOWN --each and dlq show ID; those that belong here go"
          + " back by their id: dlq replay ID."),
  /** It was replayed and failed again: replays must not loop. */
  REPLAYED_BEFORE(
      "of messages already replayed",
      "This command had sent their messages already: each failed again meanwhile, or was there"
          + " twice. Look at them again (dlq list) before you replay them again."),
  /** Its body is sealed, and no private key was given. */
  SEALED(
      "sealed",
      "Their bodies are sealed to recipients: give --private-key of one of them (of those that"
          + " dead letters are sealed to)."),
  /** With the two attributes of a replay, it is larger than SQS accepts. */
  TOO_LARGE(
      "too large",
      "With source-message-id and sent-at they are larger than the source queue accepts: make them"
          + " smaller (dlq export --raw, edit, dlq import), or let the queue take larger ones."),
  /** The ledger no longer has its id: if it was loaded, it could be loaded twice. */
  TOO_OLD(
      "too old",
      "They were first sent before the time that the ledger remembers (cameleon.ledger.days), so"
          + " that one which was loaded would be loaded again. If you know that they were not, set"
          + " CAMELEON_LEDGER_DAYS higher for this command."),
  /** SQS refuses it for good. */
  REFUSED("refused by SQS", "SQS refused them as they are."),
  /** The command was stopped, or failed, before it was sent. */
  UNSENT("not sent", "They were not sent any more.");

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

  /** What it means and what to do, in sentences. */
  public String words() {
    return words;
  }

  /** The key in JSON output. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}

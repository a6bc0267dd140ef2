package dev.cameleon.dlq;

import java.util.Locale;

/** Why a dead letter that was meant stays on the dead-letter queue. */
public enum SkipReason {
  /** The dead-letter queue is shared, and this is none of ours. */
  OTHER_QUEUE(
      "of another source queue",
      "They came from another queue: replay them with its CAMELEON_QUEUE."),
  /** It may be a live message of a queue that was named by mistake. */
  UNKNOWN_ORIGIN(
      "of unknown origin",
      "Neither Cameleon nor SQS says that it moved them here (UNKNOWN): is it the right queue? See"
          + " them with dlq list --reason UNKNOWN --each and dlq show ID; those that belong here go"
          + " back by their id: dlq replay ID."),
  /** Replaying what fails again must not go round in circles. */
  REPLAYED_BEFORE(
      "of messages already replayed",
      "This command had sent their messages already: each failed again meanwhile, or was there"
          + " twice. Look at them again (dlq list) before you replay them again."),
  /** Its body can only be opened with a private key. */
  SEALED(
      "sealed",
      "Their bodies are sealed to recipients: give --private-key of one of them (of those that"
          + " dead letters are sealed to)."),
  /** With its two attributes, SQS does not take it. */
  TOO_LARGE(
      "too large",
      "With source-message-id and sent-at they are larger than the source queue accepts: make them"
          + " smaller (dlq export --raw, edit, dlq import), or let the queue take larger ones."),
  /** If it was loaded, the ledger has erased it: it could be loaded twice. */
  TOO_OLD(
      "too old",
      "They were first sent before the time that the ledger remembers (cameleon.ledger.days), so"
          + " that one which was loaded would be loaded again. If you know that they were not, set"
          + " CAMELEON_LEDGER_DAYS higher for this command."),
  /** SQS says that it will never take it. */
  REFUSED("refused by SQS", "SQS refused them as they are."),
  /** The work was stopped, or failed, before it was its turn. */
  UNSENT("not sent", "They were not sent any more.");

  private final String brief;
  private final String words;

  SkipReason(String brief, String words) {
    this.brief = brief;
    this.words = words;
  }

  /** For a list, after a number. */
  public String brief() {
    return brief;
  }

  /** What it means, and what to do. */
  public String words() {
    return words;
  }

  /** For scripts. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package dev.cameleon.dlq;

import dev.cameleon.contract.Violation;
import java.util.Arrays;
import java.util.Optional;

/** Why a message is on the dead-letter queue, and what to do about it. */
public enum DeadLetterReason {
  /** {@link dev.cameleon.contract.Violation#NOT_JSON}. */
  NOT_JSON(
      "The body is not one JSON object.",
      "Correct the sender. To load messages that were already sent, correct them in a"
          + " file: dlq export --raw, edit, dlq import."),
  /** {@link dev.cameleon.contract.Violation#CONTRACT}. */
  CONTRACT(
      "The event breaks a rule of login.schema.json.",
      "If the rule is wrong, correct the contract, reload or restart run, then: dlq replay"
          + " --dry-run, and dlq replay --field FIELD. If the event is wrong, correct the"
          + " sender; to save this event, correct it in a file: dlq export --raw, edit, dlq import."),
  /** {@link dev.cameleon.contract.Violation#DATA_REJECTED}. */
  DATA_REJECTED(
      "PostgreSQL refused the row; the SQLSTATE says why.",
      "If a constraint, a column or a trigger is wrong, correct the table, then run:"
          + " dlq replay --reason DATA_REJECTED. If the event is wrong, make the contract"
          + " refuse it earlier, and correct the event in a file: dlq export --raw, edit,"
          + " dlq import."),
  /** SQS itself moved the message there; it carries no attribute of Cameleon. */
  MAX_RECEIVES(
      "SQS moved it here after too many receives: Cameleon never finished it, or it is too"
          + " large to become a dead letter with its reason.",
      "Check the log of that time for outages, time-outs and restarts; correct their"
          + " cause, then run: dlq replay --reason MAX_RECEIVES. If it was loaded after all,"
          + " the ledger drops the replay as a duplicate."),
  /** There is no sign that Cameleon or SQS moved the message there. */
  UNKNOWN(
      "It has no reason from Cameleon, and no sign that SQS moved it here: somebody"
          + " sent it, or moved it by hand.",
      "Check whether it belongs on this queue. If it does, run: dlq replay ID.");

  private final String meaning;
  private final String remedy;

  DeadLetterReason(String meaning, String remedy) {
    this.meaning = meaning;
    this.remedy = remedy;
  }

  /** The meaning, in one sentence for an operator. */
  public String meaning() {
    return meaning;
  }

  /** The remedy, for an operator. */
  public String remedy() {
    return remedy;
  }

  /**
   * Finds the reason by the attribute that Cameleon wrote, which is never {@link #MAX_RECEIVES} or
   * {@link #UNKNOWN}.
   */
  static Optional<DeadLetterReason> of(String reason) {
    return Arrays.stream(Violation.values())
        .map(Violation::name)
        .filter(reason::equals)
        .findFirst()
        .map(DeadLetterReason::valueOf);
  }
}

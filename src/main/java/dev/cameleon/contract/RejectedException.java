package dev.cameleon.contract;

import java.util.Objects;

/**
 * Thrown when a message can never become a row, however often it is retried. It holds no value of
 * the message, only words of the contract, such as a field's name or a rule.
 */
public final class RejectedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Violation reason;
  private final String field;
  private final String detail;

  /**
   * Creates the exception.
   *
   * @param reason the kind of fault
   * @param field the contract's name of the field, or an empty string if it is not about one field
   * @param detail the violated rule, in words that hold no value of the message
   */
  public RejectedException(Violation reason, String field, String detail) {
    // No stack trace: a flood of malformed messages must stay cheap, and the trace would not help.
    super(reason + (field.isEmpty() ? "" : " at " + field) + ": " + detail, null, false, false);
    this.reason = Objects.requireNonNull(reason);
    this.field = field;
    this.detail = detail;
  }

  /**
   * The same fault of one event among several.
   *
   * @param position of the event in its message, from 1
   * @param events how many events the message has
   */
  RejectedException at(int position, int events) {
    return new RejectedException(
        reason, field, "event " + position + " of " + events + ": " + detail);
  }

  /** The kind of fault. */
  public Violation reason() {
    return reason;
  }

  /** The contract's name of the field, or an empty string. */
  public String field() {
    return field;
  }

  /** The violated rule. */
  public String detail() {
    return detail;
  }
}

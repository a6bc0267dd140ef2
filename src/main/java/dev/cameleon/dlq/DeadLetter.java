package dev.cameleon.dlq;

import dev.cameleon.contract.Violation;
import dev.cameleon.sqs.Delivery;

/**
 * A message that can never become a row, on its way to the dead-letter queue.
 *
 * @param delivery the message
 * @param reason the kind of fault
 * @param field the contract's name of the field, or an empty string
 * @param detail the violated rule or the database's message, without any value
 * @param sqlState the SQLSTATE, or an empty string
 */
public record DeadLetter(
    Delivery delivery, Violation reason, String field, String detail, String sqlState) {
  /** Leaves out the body, which is personal. */
  @Override
  public String toString() {
    return "DeadLetter[" + delivery.messageId() + ", " + reason + "]";
  }
}

package dev.cameleon.contract;

/**
 * Thrown for a message that matches the contract's {@code x-ignore}; it is deleted with the outcome
 * {@code ignored}.
 */
public final class IgnoredException extends Exception {
  private static final long serialVersionUID = 1L;

  IgnoredException() {
    super("the message fits the contract's " + Keywords.IGNORE, null, false, false);
  }
}

package dev.cameleon.mask;

/**
 * Thrown when a step of the route {@code prepare} fails in a way that is not the message's fault.
 * The text holds no value of the message.
 */
public final class PreparationFailedException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message a description of the failure, without values
   */
  public PreparationFailedException(String message) {
    super(message, null, false, false);
  }
}

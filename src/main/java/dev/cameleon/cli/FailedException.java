package dev.cameleon.cli;

/** The command could not do its work: exit code 1. */
final class FailedException extends Exception {
  private static final long serialVersionUID = 1L;

  FailedException(String message) {
    super(message);
  }
}

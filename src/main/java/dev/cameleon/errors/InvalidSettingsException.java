package dev.cameleon.errors;

import java.util.List;

/** Thrown when the configuration is wrong: exit code 2. */
public final class InvalidSettingsException extends Exception {
  private static final long serialVersionUID = 1L;

  private final List<String> problems;

  /**
   * Creates an exception that reports all problems at once.
   *
   * @param problems each one sentence that says what to set, with an example
   */
  public InvalidSettingsException(List<String> problems) {
    super(String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /** Reports one problem. */
  public InvalidSettingsException(String problem) {
    this(List.of(problem));
  }

  /**
   * Throws if the list is not empty.
   *
   * @throws InvalidSettingsException with all of them
   */
  public static void throwIfAny(List<String> problems) throws InvalidSettingsException {
    if (!problems.isEmpty()) {
      throw new InvalidSettingsException(problems);
    }
  }

  /** Each problem as one sentence. */
  public List<String> problems() {
    return problems;
  }
}

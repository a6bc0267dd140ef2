package dev.cameleon.errors;

import java.util.ArrayList;
import java.util.List;

/** Collects problems of the configuration, so that all are reported at once. */
public final class Problems {
  private final List<String> all = new ArrayList<>();

  /** Adds a problem, as one sentence. */
  public void add(String problem) {
    all.add(problem);
  }

  /**
   * Throws if any problem was added.
   *
   * @throws InvalidSettingsException with all problems
   */
  public void throwIfAny() throws InvalidSettingsException {
    if (!all.isEmpty()) {
      throw new InvalidSettingsException(all);
    }
  }
}

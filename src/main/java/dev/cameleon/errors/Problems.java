package dev.cameleon.errors;

import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with the configuration, so that all of it is reported at once. */
public final class Problems {
  private final List<String> all = new ArrayList<>();

  /** Adds one, as one sentence. */
  public void add(String problem) {
    all.add(problem);
  }

  /**
   * Ends with what was found.
   *
   * @throws InvalidSettingsException if there is any problem
   */
  public void throwIfAny() throws InvalidSettingsException {
    if (!all.isEmpty()) {
      throw new InvalidSettingsException(all);
    }
  }
}

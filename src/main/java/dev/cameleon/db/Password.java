package dev.cameleon.db;

import java.util.Optional;

/** What a role logs in with: secret, and perhaps not the same for ever. */
public interface Password {
  /**
   * What to log in with now.
   *
   * @param refused what the server has just refused; empty if nothing was
   * @return empty if there is nothing but what was refused
   */
  Optional<String> get(Optional<String> refused);

  /** One that never changes. */
  static Password fixed(String password) {
    return refused -> refused.isPresent() ? Optional.empty() : Optional.of(password);
  }
}

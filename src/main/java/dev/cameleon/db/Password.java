package dev.cameleon.db;

import java.util.Optional;

/** Supplies a role's password, which may change over time. */
public interface Password {
  /**
   * Returns the current password.
   *
   * @param refused the password that the server has just refused; empty if it refused none
   * @return empty if there is only the refused password
   */
  Optional<String> get(Optional<String> refused);

  /** A password that never changes. */
  static Password fixed(String password) {
    return refused -> refused.isPresent() ? Optional.empty() : Optional.of(password);
  }
}

package dev.cameleon.config;

import dev.cameleon.db.Password;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A password from the configuration: the text itself, or the secret that it refers to. When the
 * server refuses it, the file and the secret are read again, at most every few seconds, because the
 * password may have been rotated.
 */
final class RotatedPassword implements Password {
  private static final Logger LOG = LoggerFactory.getLogger(RotatedPassword.class);

  /**
   * Many connections are refused at the same time, but AWS Secrets Manager must not be called for
   * each.
   */
  private static final long PAUSE_NANOS = 2_000_000_000L;

  private final Map<String, String> environment;
  private final String property;
  private String current;
  private long readNanos = System.nanoTime() - PAUSE_NANOS;

  RotatedPassword(Map<String, String> environment, String property, String current) {
    this.environment = Map.copyOf(environment);
    this.property = property;
    this.current = current;
  }

  @Override
  public synchronized Optional<String> get(Optional<String> refused) {
    if (refused.isEmpty() || !refused.get().equals(current)) {
      return Optional.of(current); // another thread has read the new password
    }
    if (System.nanoTime() - readNanos < PAUSE_NANOS) {
      return Optional.empty();
    }
    readNanos = System.nanoTime();
    try {
      String read = SecretReference.resolve(Settings.value(environment, property));
      if (read.isEmpty() || read.equals(current)) {
        return Optional.empty();
      }
      LOG.info(
          "PostgreSQL refused the password; it was re-read and has changed, will retry with"
              + " the new one. property={}",
          property);
      current = read;
      return Optional.of(read);
    } catch (SecretReference.UnavailableException e) {
      LOG.warn(
          "PostgreSQL refused the password, and it cannot be re-read. property={} {}",
          property,
          e.getMessage());
      return Optional.empty();
    }
  }
}

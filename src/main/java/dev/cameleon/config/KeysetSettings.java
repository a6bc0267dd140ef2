package dev.cameleon.config;

import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.mask.InvalidKeysetException;
import dev.cameleon.mask.Keyset;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The source of the mask keys.
 *
 * @param file the keyset file
 * @param json the keyset's JSON, or a reference to the secret that holds it; takes precedence over
 *     the file; may be empty; secret
 */
public record KeysetSettings(Path file, String json) {
  private static final String FILE = "cameleon.keyset";
  private static final String JSON = "cameleon.keyset.json";

  /** Reads this part. */
  public static KeysetSettings read(ValueParser parser) {
    return new KeysetSettings(parser.path(FILE), parser.optional(JSON));
  }

  /** Whether no setting names a keyset and there is none at the default place. */
  public boolean isNone() {
    return json.isEmpty()
        && file.toString().equals(Settings.DEFAULTS.get(FILE))
        && !Files.exists(file);
  }

  /**
   * Reads the mask keys.
   *
   * @throws InvalidSettingsException if there are none, or they cannot be used
   */
  public Keyset keys() throws InvalidSettingsException {
    if (json.isEmpty() && !Files.exists(file) && !SafeQuote.isPath(file)) {
      throw Settings.wrong(
          FILE, "is not a file; put a keyset's JSON, or {{aws:NAME}}, into CAMELEON_KEYSET_JSON");
    }
    try {
      return json.isEmpty()
          ? Keyset.read(file)
          : Keyset.parse(SecretReference.resolve(json), "the keyset of CAMELEON_KEYSET_JSON");
    } catch (InvalidKeysetException | SecretReference.UnavailableException e) {
      String instead = json.startsWith("{") ? "" : "; put a file's name into CAMELEON_KEYSET";
      throw json.isEmpty()
          ? Settings.wrong(FILE, e.getMessage())
          : Settings.wrong(JSON, e.getMessage() + instead);
    }
  }

  /** Leaves out the keys. */
  @Override
  public String toString() {
    return json.isEmpty() ? SafeQuote.path(file) : JSON;
  }
}

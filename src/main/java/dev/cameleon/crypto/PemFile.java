package dev.cameleon.crypto;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The single object of a PEM file (RFC 7468).
 *
 * @param label its type, for example {@code PUBLIC KEY}
 * @param content its DER bytes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record PemFile(String label, byte[] content) {
  private static final Pattern OBJECT =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");

  /** A second object in a public key's file, for example the private key, must not go unnoticed. */
  private static final Pattern SEVERAL = Pattern.compile("(?s)-----BEGIN .*-----BEGIN ");

  static PemFile read(Path file) throws InvalidKeyFileException {
    try {
      String text = Files.readString(file);
      if (SEVERAL.matcher(text).find()) {
        throw new InvalidKeyFileException(
            file, " holds more than one key or certificate; put one key into each file");
      }
      Matcher object = OBJECT.matcher(text);
      if (object.find()) {
        return new PemFile(object.group(1), Base64.getMimeDecoder().decode(object.group(2)));
      }
    } catch (MalformedInputException | IllegalArgumentException e) {
      // refused below, like a text without an object
    } catch (IOException e) {
      throw new InvalidKeyFileException(file, e);
    }
    throw new InvalidKeyFileException(file, " is not a PEM file (-----BEGIN …-----)");
  }

  /** Leaves out the content, which may be a private key. */
  @Override
  public String toString() {
    return "Pem[" + label + "]";
  }
}

package dev.cameleon.db;

import java.io.FileNotFoundException;
import java.net.UnknownHostException;
import java.security.UnrecoverableKeyException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLHandshakeException;
import org.postgresql.util.GT;
import org.postgresql.util.PSQLException;

/**
 * Explains failed connections that the SQLSTATE does not explain: all TLS failures have the
 * SQLSTATE of a broken connection or of a refused password. Messages of the driver and the server
 * are not repeated, because they name files, users and hosts.
 */
final class TlsErrors {
  private static final String ROOT =
      "cannot verify the database's certificate: the file in the URL's sslrootcert";

  private static final String CERTIFICATE = "the client certificate in the URL's sslcert";
  private static final String KEY = "the private key in the URL's sslkey";

  private static final String HOST =
      "the certificate of the database does not cover the URL's host name; use a host"
          + " name that it covers";

  /**
   * The driver's own messages in English, which the driver translates to the language of its
   * locale.
   */
  private static final Map<String, String> OF_DRIVER = new LinkedHashMap<>();

  static {
    OF_DRIVER.put("The hostname {0} could not be verified by hostnameverifier {1}.", HOST);
    OF_DRIVER.put("Invalid sslmode value: {0}", "the URL's sslmode is not valid; set verify-full");
    OF_DRIVER.put(
        "The server does not support SSL.",
        "the database offers no TLS, but the URL's sslmode requires it; turn on ssl on"
            + " the server");
    OF_DRIVER.put(
        "Could not open SSL root certificate file {0}.",
        ROOT + " (or ~/.postgresql/root.crt) cannot be read");
    OF_DRIVER.put(
        "Loading the SSL root certificate {0} into a TrustManager failed.",
        ROOT + " holds no certificate in PEM");
    OF_DRIVER.put("Could not open SSL certificate file {0}.", CERTIFICATE + " cannot be read");
    OF_DRIVER.put(
        "Loading the SSL certificate {0} into a KeyManager failed.",
        CERTIFICATE + " is not a PEM certificate");
    OF_DRIVER.put(
        "Could not load cert chain", CERTIFICATE + " cannot be read, or is not a PEM certificate");
    OF_DRIVER.put("Could not read SSL key file {0}.", KEY + " cannot be read, or is not a key");
    OF_DRIVER.put(
        "Could not decrypt SSL key file {0}.",
        KEY
            + " cannot be decrypted; check the URL's sslpassword, and that the file is"
            + " PKCS #8 in DER");
    OF_DRIVER.put(
        "Could not read password for SSL key file, console is not available.",
        KEY
            + " is encrypted, or not PKCS #8 in DER; set sslpassword in the URL if it is encrypted");
    OF_DRIVER.put(
        "Could not load the private key",
        KEY
            + " cannot be read, or is not an RSA key in PKCS #8; for another kind of PEM key set"
            + " pemKeyAlgorithm, for example EC");
    String others = KEY + " can be read by other users: let its owner alone read it (mode 0600)";
    OF_DRIVER.put(
        "private key file \"{0}\" has group or world access; file must have permissions u=rw (0600)"
            + " or less if owned by the current user, or permissions u=rw,g=r (0640) or less if"
            + " owned by root. Current permissions: {1}",
        others);
    OF_DRIVER.put(
        "Private key file \"{0}\" has insecure permissions. Non-owner principal \"{1}\" has read"
            + " access.",
        others);
  }

  /**
   * The driver's messages that have several causes: used only if no other message or exception
   * names the cause.
   */
  private static final Map<String, String> VAGUE = new LinkedHashMap<>();

  static {
    VAGUE.put(
        "Could not find a java cryptographic algorithm: X.509 CertificateFactory not available.",
        KEY + " is damaged, or not a PKCS #12 file; export it again");
    VAGUE.put(
        "Could not find a java cryptographic algorithm: {0}.",
        KEY
            + " is encrypted in a way that the driver cannot undo, for example PBES2; encrypt it"
            + " with openssl pkcs8 -topk8 -outform DER -v1 PBE-SHA1-3DES, or not at all");
    // A server that refuses the client's certificate closes the connection after its alert, which
    // may get lost: with TLS 1.3 the client is already writing.
    VAGUE.put(
        "SSL error: {0}",
        "the TLS handshake failed; the database's log tells why, for example that it refuses the"
            + " client certificate in the URL's sslcert or that the key does not belong to it");
  }

  /** Parts of PostgreSQL's English messages when it refuses a connection. */
  private static final Map<String, String> OF_SERVER = new LinkedHashMap<>();

  static {
    OF_SERVER.put(
        "requires a valid client certificate",
        "the database requires a client certificate from an authority that it trusts;"
            + " set sslcert and sslkey in the URL");
    OF_SERVER.put(
        "certificate authentication failed",
        "the client certificate belongs to another user: its common name must match"
            + " the database user");
    OF_SERVER.put(
        "no encryption",
        "the database refuses this user without TLS; set sslmode=verify-full in the URL");
  }

  private TlsErrors() {}

  /** The cause and its remedy, if it is a TLS failure or an unknown host name. */
  static Optional<String> describe(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      Optional<String> words = ofOne(cause);
      if (words.isPresent()) {
        return words;
      }
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof PSQLException postgres && postgres.getServerErrorMessage() == null) {
        return ofDriver(postgres, VAGUE);
      }
    }
    return Optional.empty();
  }

  private static Optional<String> ofOne(Throwable failure) {
    String words = null;
    if (failure instanceof PSQLException postgres) {
      return postgres.getServerErrorMessage() == null
          ? ofDriver(postgres, OF_DRIVER)
          : ofServer(postgres);
    } else if (failure instanceof UnknownHostException) {
      words = "the host name of the database cannot be resolved";
    } else if (failure instanceof FileNotFoundException) {
      // The driver has messages for the other files; for PKCS #12 it reports a missing algorithm.
      words = KEY + " cannot be read";
    } else if (failure instanceof UnrecoverableKeyException) {
      words = KEY + " cannot be decrypted: the URL's sslpassword is wrong";
    } else if (failure instanceof CertificateExpiredException) {
      words = "the certificate of the database has expired; renew it on the server";
    } else if (failure instanceof CertificateNotYetValidException) {
      words =
          "the certificate of the database is not valid yet; check the clocks of this machine"
              + " and of the one that issued the certificate";
    } else if (failure instanceof CertPathBuilderException
        || (failure instanceof CertPathValidatorException
            && !(failure.getCause() instanceof CertificateException))) {
      words =
          "the certificate of the database is not from an authority in the URL's"
              + " sslrootcert file; use the file of the server's authority, for example the"
              + " RDS bundle";
    } else if (isAlert(failure)) {
      words =
          "the database refuses the client certificate; check whether it has expired, was"
              + " revoked, is a server's, or is from an authority that the database does not know";
    }
    return Optional.ofNullable(words);
  }

  /** Whether the server rejected the client's certificate. */
  private static boolean isAlert(Throwable failure) {
    return failure instanceof SSLHandshakeException
        && String.valueOf(failure.getMessage())
            .matches(".*fatal alert: (unknown_ca|[a-z]+_certificate|certificate_[a-z]+)");
  }

  private static Optional<String> ofDriver(PSQLException failure, Map<String, String> known) {
    String message = String.valueOf(failure.getMessage());
    return known.entrySet().stream()
        .filter(each -> isTranslationOf(message, each.getKey()))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private static boolean isTranslationOf(String message, String template) {
    int from = 0;
    for (String part : GT.tr(template, "\0", "\0").split("\0", -1)) {
      int found = message.indexOf(part, from);
      if (found < 0) {
        return false;
      }
      from = found + part.length();
    }
    return true;
  }

  private static Optional<String> ofServer(PSQLException failure) {
    String message = String.valueOf(failure.getMessage());
    return "28000".equals(failure.getSQLState())
        ? OF_SERVER.entrySet().stream()
            .filter(known -> message.contains(known.getKey()))
            .map(Map.Entry::getValue)
            .findFirst()
        : Optional.empty();
  }
}

package dev.cameleon.db;

import static org.assertj.core.api.Assertions.assertThat;

import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.GT;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;

/** Failures that no test with a real server can provoke; {@code TlsFaultsTest} has the others. */
class TlsErrorsTest {
  /** The driver's message about a key in a file system without POSIX permissions. */
  @Test
  void aKeyThatOthersMayReadOnWindowsIsNamed() {
    String words =
        GT.tr(
            "Private key file \"{0}\" has insecure permissions. Non-owner principal \"{1}\" has"
                + " read access.",
            "C:\\planted.pk8", "BUILTIN\\Users");

    assertThat(SqlErrors.describe(new PSQLException(words, PSQLState.CONNECTION_FAILURE)))
        .contains("sslkey can be read by other users: let its owner alone read it")
        .doesNotContain("planted", "BUILTIN");
  }

  /** OpenSSL's alerts about a certificate. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bad_certificate",
        "unsupported_certificate",
        "certificate_revoked",
        "certificate_expired",
        "certificate_unknown",
        "unknown_ca"
      })
  void anAlertAboutTheClientsCertificateIsNamed(String alert) {
    assertThat(SqlErrors.describe(failed("Received fatal alert: " + alert)))
        .contains("refuses the client certificate");
  }

  @ParameterizedTest
  @ValueSource(strings = {"handshake_failure", "protocol_version", "internal_error"})
  void anotherAlertIsNotBlamedOnTheClientsCertificate(String alert) {
    assertThat(SqlErrors.describe(failed("Received fatal alert: " + alert)))
        .isEqualTo("the database cannot be reached (SQLSTATE 08001)");
  }

  private static PSQLException failed(String alert) {
    return new PSQLException(
        "The connection attempt failed.",
        PSQLState.CONNECTION_UNABLE_TO_CONNECT,
        new SSLHandshakeException(alert));
  }
}

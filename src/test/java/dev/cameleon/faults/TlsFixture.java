package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cameleon.db.Database;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.support.Certificates;
import dev.cameleon.support.LocalPostgres;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import javax.crypto.EncryptedPrivateKeyInfo;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A server that speaks TLS, with valid and invalid certificates and keys. */
abstract class TlsFixture {
  @TempDir static Path folder;

  static Certificates certificates;
  static LocalPostgres postgres;
  static TestDatabase database;

  @BeforeAll
  static void start() throws Exception {
    certificates =
        Certificates.in(folder.resolve("tls"))
            .client("app")
            .encrypted("app", "PBEWithSHA1AndDESede")
            .stranger("mallory")
            .impostor("impostor")
            .starting("expired", "-3d")
            .starting("early", "+1d");
    byte[] whole = Files.readAllBytes(certificates.key("app", "p12"));
    Files.write(folder.resolve("tls/half.p12"), Arrays.copyOf(whole, whole.length / 2));
    Files.writeString(folder.resolve("tls/text.p12"), "-----BEGIN CERTIFICATE-----");
    Files.writeString(folder.resolve("tls/empty.p12"), "");
    Files.write(
        folder.resolve("tls/pbes2.pk8"),
        new EncryptedPrivateKeyInfo("PBES2", new byte[64]).getEncoded());
    for (String own : List.of("half.p12", "text.p12", "empty.p12", "pbes2.pk8")) {
      folder.resolve("tls").resolve(own).toFile().setReadable(false, false);
      folder.resolve("tls").resolve(own).toFile().setReadable(true, true);
    }
    Files.writeString(folder.resolve("tls/empty.pk8"), "");
    Files.copy(certificates.key("app", "pk8"), folder.resolve("tls/open.pk8"));
    folder.resolve("tls/empty.pk8").toFile().setReadable(false, false);
    folder.resolve("tls/empty.pk8").toFile().setReadable(true, true);
    folder.resolve("tls/open.pk8").toFile().setReadable(true, false);
    postgres = LocalPostgres.start(certificates);
    database = postgres.database();
    database.execute("CREATE ROLE app LOGIN; CREATE ROLE clear LOGIN; CREATE ROLE mallory LOGIN");
    database.rule("hostssl all app,mallory all cert");
    database.rule("hostnossl all clear all reject");
  }

  @AfterAll
  static void stop() {
    postgres.close();
  }

  static String filled(String parameters) {
    return parameters
        .replace("CA", certificates.ca().toString())
        .replace("PASSWORD", Certificates.password())
        .replace("DIR", folder.resolve("tls").toString());
  }

  static Database.Login login(String host, String user, String parameters) {
    String url = "jdbc:postgresql://" + host + ":" + postgres.port() + "/" + database.name();
    return new Database.Login(url + "?" + filled(parameters), user, "a-secret");
  }

  /** The message about a failed login, which must quote no value. */
  static String refusal(Database.Login login) {
    SQLException failure =
        catchThrowableOfType(SQLException.class, () -> Database.connect(login).close());
    String words = SqlErrors.describe(failure);
    assertThat(words)
        .doesNotContain("a-secret", Certificates.password(), folder.toString(), "no..host");
    return words;
  }

  static boolean isServed(Database.Login login) throws SQLException {
    try (Connection connection = Database.connect(login)) {
      return connection.isValid(5);
    }
  }

  /** Makes the server present this certificate. */
  static void present(String name) throws IOException {
    Files.copy(
        certificates.certificate(name),
        certificates.certificate("server"),
        StandardCopyOption.REPLACE_EXISTING);
    // The file's mode must stay: PostgreSQL refuses a key that other users may read.
    Files.write(
        certificates.key("server", "key"), Files.readAllBytes(certificates.key(name, "key")));
    database.execute("SELECT pg_reload_conf()");
  }
}

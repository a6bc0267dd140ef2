package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cameleon.app.Configuration;
import dev.cameleon.app.SelfCheck;
import dev.cameleon.config.Settings;
import dev.cameleon.db.Database;
import dev.cameleon.db.LoaderPool;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.load.DatabaseCircuitBreaker;
import dev.cameleon.load.DatabaseProbe;
import dev.cameleon.load.LoadStatement;
import dev.cameleon.load.RowFailures;
import dev.cameleon.load.Shipped;
import dev.cameleon.mask.Masker;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import dev.cameleon.vault.SuppressionList;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TLS connections to a real server, and the messages about those that fail. */
class TlsFaultsTest extends TlsFixture {
  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "PKCS #8 in DER,sslcert=DIR/app.crt&sslkey=DIR/app.pk8",
    "PKCS #8 in PEM,sslcert=DIR/app.crt&sslkey=DIR/app.key&pemKeyAlgorithm=EC",
    "PKCS #12,sslkey=DIR/app.p12&sslpassword=PASSWORD"
  })
  void aClientCertificateLogsIn(String form, String parameters) throws Exception {
    Database.Login login =
        login("localhost", "app", "sslmode=verify-full&sslrootcert=CA&" + parameters);
    try (Connection connection = Database.connect(login)) {
      assertThat(connection.isValid(5)).isTrue();
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          another host name       | 127.0.0.1 | postgres | sslmode=verify-full&sslrootcert=CA | does not cover the URL's host name
          an unknown authority    | localhost | postgres | sslmode=verify-full&sslrootcert=DIR/mallory.crt | authority
          no file                 | localhost | postgres | sslmode=verify-full&sslrootcert=DIR/absent.crt | sslrootcert (or ~/.postgresql/root.crt) cannot be read
          an empty file           | localhost | postgres | sslmode=verify-full&sslrootcert=DIR/keytool.txt | sslrootcert holds no certificate in PEM
          no client certificate   | localhost | app      | sslmode=verify-full&sslrootcert=CA | requires a client certificate
          a stranger's            | localhost | mallory  | sslmode=verify-full&sslrootcert=CA&sslcert=DIR/mallory.crt&sslkey=DIR/mallory.pk8 | requires a client certificate
          somebody else's         | localhost | mallory  | sslmode=verify-full&sslrootcert=CA&sslcert=DIR/app.crt&sslkey=DIR/app.pk8 | another user
          no certificate file     | localhost | app      | sslmode=require&sslcert=DIR/absent.crt&sslkey=DIR/app.pk8 | sslcert cannot be read
          no certificate          | localhost | app      | sslmode=require&sslcert=DIR/keytool.txt&sslkey=DIR/app.pk8 | sslcert is not a PEM certificate
          no key file             | localhost | app      | sslmode=require&sslcert=DIR/app.crt&sslkey=DIR/absent.pk8 | sslkey cannot be read, or is not a key
          no key                  | localhost | app      | sslmode=require&sslcert=DIR/app.crt&sslkey=DIR/empty.pk8 | sslkey cannot be read, or is not a key
          a key that all may read | localhost | app      | sslmode=require&sslcert=DIR/app.crt&sslkey=DIR/open.pk8 | 0600
          no key of this kind     | localhost | app      | sslmode=require&sslcert=DIR/app.crt&sslkey=DIR/app.key | pemKeyAlgorithm
          wrong password          | localhost | app      | sslmode=require&sslkey=DIR/app.p12&sslpassword=a-secret | URL's sslpassword is wrong
          no PKCS #12 file        | localhost | app      | sslmode=require&sslkey=DIR/absent.p12&sslpassword=a-secret | sslkey cannot be read
          half a PKCS #12 file    | localhost | app      | sslmode=require&sslkey=DIR/half.p12&sslpassword=PASSWORD | sslkey is damaged, or not a PKCS #12 file; export it again
          text as PKCS #12        | localhost | app      | sslmode=require&sslkey=DIR/text.p12&sslpassword=PASSWORD | sslkey is damaged, or not a PKCS #12 file; export it again
          an empty PKCS #12 file  | localhost | app      | sslmode=require&sslkey=DIR/empty.p12&sslpassword=PASSWORD | sslkey is damaged, or not a PKCS #12 file; export it again
          an encrypted key        | localhost | app      | sslmode=require&sslcert=DIR/app.crt&sslkey=DIR/app-PBEWithSHA1AndDESede.pk8 | sslkey is encrypted, or not PKCS #8 in DER; set sslpassword
          its wrong password      | localhost | app      | sslmode=require&sslcert=DIR/app.crt&sslkey=DIR/app-PBEWithSHA1AndDESede.pk8&sslpassword=a-secret | sslkey cannot be decrypted; check the URL's sslpassword
          a key of PBES2          | localhost | app      | sslmode=require&sslcert=DIR/app.crt&sslkey=DIR/pbes2.pk8&sslpassword=a-secret | openssl pkcs8 -topk8
          no certificate for PEM  | localhost | app      | sslmode=require&sslcert=DIR/absent.crt&sslkey=DIR/app.key&pemKeyAlgorithm=EC | sslcert cannot be read
          an unknown host         | no..host  | app      | sslmode=require | host name of the database cannot be resolved
          a namesake authority    | localhost | postgres | sslmode=verify-full&sslrootcert=DIR/impostor.crt | authority
          a misspelt mode         | localhost | postgres | sslmode=verfiy-full | URL's sslmode is not valid
          a server that wants TLS | localhost | clear    | sslmode=disable | refuses this user without TLS; set sslmode
          """)
  void theCauseOfAFailureIsNamed(
      String fault, String host, String user, String parameters, String named) {
    assertThat(refusal(login(host, user, parameters))).contains(named);
  }

  /**
   * The server presents another certificate for a while. It speaks TLS 1.2 then, so that it refuses
   * a client within the handshake. The driver gets its alert, or is still writing when the server
   * is gone.
   */
  @Test
  void aCertificateThatIsNotValidNowOrHereIsNamed() throws Exception {
    Database.Login verifying = login("localhost", "postgres", "sslmode=verify-full&sslrootcert=CA");
    byte[] crt = Files.readAllBytes(certificates.certificate("server"));
    byte[] key = Files.readAllBytes(certificates.key("server", "key"));
    database.execute("ALTER SYSTEM SET ssl_max_protocol_version = 'TLSv1.2'");
    try {
      present("expired");
      Awaitility.await()
          .until(
              () -> refusal(verifying),
              "the certificate of the database has expired; renew it on the server (SQLSTATE 08006)"
                  ::equals);
      present("early");
      Awaitility.await()
          .until(
              () -> refusal(verifying),
              words -> words.contains("database is not valid yet; check the clocks"));
      for (String client : List.of("impostor", "expired", "early")) {
        String parameters = "sslmode=require&sslcert=DIR/%1$s.crt&sslkey=DIR/%1$s.pk8";
        assertThat(refusal(login("localhost", "app", parameters.formatted(client))))
            .as(client)
            .containsAnyOf(
                "refuses the client certificate; check whether it has expired",
                "the TLS handshake failed; the database's log tells why, for example that it"
                    + " refuses the client certificate");
      }
      assertThat(
              refusal(
                  login(
                      "localhost",
                      "app",
                      "sslmode=require&sslcert=DIR/app.crt&sslkey=DIR/mallory.pk8")))
          .contains("the TLS handshake failed; the database's log tells why")
          .contains("the key does not belong to it");
    } finally {
      database.execute("ALTER SYSTEM RESET ssl_max_protocol_version");
      Files.write(certificates.certificate("server"), crt);
      Files.write(certificates.key("server", "key"), key);
      database.execute("SELECT pg_reload_conf()");
    }
    Awaitility.await().ignoreExceptions().until(() -> isServed(verifying));
  }

  /** A trigger's message must not be taken for the reason of a refused connection. */
  @Test
  void whatAStatementRaisesIsNotTakenForAFailureOfTls() throws Exception {
    try (Connection connection = Database.connect(login("localhost", "postgres", ""));
        Statement statement = connection.createStatement()) {
      SQLException failure =
          catchThrowableOfType(
              SQLException.class,
              () -> statement.execute("DO $$ BEGIN RAISE 'no encryption, SSL error: x'; END $$"));

      assertThat(SqlErrors.describe(failure))
          .isEqualTo("a trigger of the table refuses the row (SQLSTATE P0001)");
    }
  }

  @Test
  void aServerWithoutTlsIsNamed() {
    Database.Login login =
        new Database.Login(
            "jdbc:postgresql://localhost:" + Shared.postgres().port() + "/postgres?sslmode=require",
            "postgres",
            "a-secret");

    assertThat(refusal(login)).contains("no TLS");
  }

  @Test
  void checkReportsEncryptionAndTheLoadersRights() throws Exception {
    Site site = Site.in(folder.resolve("checked"));
    TestDatabase own = postgres.database();
    String url = "jdbc:postgresql://%s:" + postgres.port() + "/" + own.name() + "?sslmode=";
    site.with("CAMELEON_DB_USER", "postgres").with("CAMELEON_DB_URL", own.url());
    site.migrate();

    assertThat(transport(site, url.formatted("localhost") + "disable"))
        .anyMatch(line -> line.matches("OK .* not encrypted .*this machine"))
        .anyMatch(line -> line.matches("OK .*SQS.*this machine"))
        .anyMatch(line -> line.matches("NOTE .*superuser.*"));
    // Any other spelling of the name counts as another machine.
    assertThat(transport(site, url.formatted("LOCALHOST") + "require"))
        .anyMatch(line -> line.matches("NOTE .* encrypted with TLSv1.3 \\(sslmode=require\\).*"));
    assertThat(transport(site, url.formatted("LOCALHOST") + filled("verify-full&sslrootcert=CA")))
        .anyMatch(line -> line.matches("OK .* encrypted with TLSv1.3 \\(sslmode=verify-full\\)"));
    own.execute("CREATE ROLE lean LOGIN IN ROLE cameleon_loader");
    site.with("CAMELEON_DB_USER", "lean").with("CAMELEON_MIGRATE", "false");
    assertThat(transport(site, url.formatted("localhost") + "require"))
        .anyMatch(line -> line.matches("OK .*owns no tables"));
  }

  private static List<String> transport(Site site, String url) throws Exception {
    site.with("CAMELEON_DB_URL", url);
    return new SelfCheck(Configuration.read(Settings.read(site.environment())))
        .run(0).stream()
            .filter(finding -> finding.check().matches("transport|login"))
            .map(finding -> finding.result() + " " + finding.detail())
            .toList();
  }

  @Test
  void aWriteToADeadPeerIsAbandonedAtOnce() throws Exception {
    assertThatAStuckWriteEnds(pool -> pool.abandon(System.nanoTime()));
  }

  @Test
  void aWriteToADeadPeerIsDetectedByItsDuration() throws Exception {
    assertThatAStuckWriteEnds(
        pool -> {
          assertThat(pool.abandonStuck(System.nanoTime() - Duration.ofMinutes(1).toNanos()))
              .isZero();
          assertThat(pool.abandonStuck(System.nanoTime())).isEqualTo(1);
        });
  }

  /** The server accepts new connections; only the old ones are dead. */
  @Test
  @EnabledIfSystemProperty(named = "soak", matches = ".+")
  void theProbeEndsAStuckWriteAfterAMinuteAlthoughItSucceeds() throws Exception {
    Site site = Site.in(folder.resolve("stuck"));
    site.migrate();
    site.database()
        .execute("INSERT INTO cameleon.mask_key (key_id, check_value) VALUES ('01020304', 'x')");
    Database.Login login = new Database.Login(site.database().url(), "postgres", "");
    Masker masker = new Masker(FixedKeys.of(0x01020304, 0x0b), Map.of());
    LoadStatement statement = Shipped.statement();
    DatabaseProbe probe =
        new DatabaseProbe(login, "01020304", statement, new SuppressionList(masker));
    ReceiveGate gate = new ReceiveGate();
    assertThatAStuckWriteEnds(
        pool -> {
          DatabaseCircuitBreaker breaker =
              new DatabaseCircuitBreaker(gate, pool, probe, new RowFailures(gate), 1);
          Awaitility.await()
              .pollInterval(Duration.ofSeconds(5))
              .atMost(Duration.ofMinutes(2))
              .until(
                  () -> {
                    breaker.probe();
                    return !isAWriteStuck();
                  });
          assertThat(gate.holds()).isEmpty();
        });
  }

  private static void assertThatAStuckWriteEnds(Consumer<LoaderPool> giveUp) throws Exception {
    TestDatabase own = postgres.database();
    CompletableFuture<String> failure = new CompletableFuture<>();
    try (DatabaseProxy proxy = DatabaseProxy.before(postgres.port())) {
      String url = proxy.url(own.name()) + filled("?sslmode=verify-full&sslrootcert=CA");
      LoaderPool pool = Database.pool(new Database.Login(url, "postgres", "postgres"), 1, "1");
      Connection connection = pool.getConnection();
      proxy.freezeAfter(100_000);
      Thread loader = new Thread(() -> failure.complete(failureOf(connection)), "loader");
      loader.start();
      Awaitility.await("a loader in the write of a TLS record")
          .atMost(Duration.ofSeconds(60))
          .until(TlsFaultsTest::isAWriteStuck);

      // On a separate thread, because the driver's abort would block it.
      CompletableFuture<Void> givenUp = CompletableFuture.runAsync(() -> giveUp.accept(pool));

      assertThat(givenUp).succeedsWithin(Duration.ofMinutes(2));
      assertThat(failure).succeedsWithin(Duration.ofSeconds(20)).asString().startsWith("08");
      pool.close();
    }
  }

  /** Executes a statement that exceeds all buffers on the way to a dead peer. */
  private static String failureOf(Connection connection) {
    try (connection;
        PreparedStatement statement = connection.prepareStatement("SELECT length(?)")) {
      statement.setString(1, "x".repeat(16 << 20));
      statement.execute();
      return "none";
    } catch (SQLException e) {
      return e.getSQLState();
    }
  }

  private static boolean isAWriteStuck() {
    return Thread.getAllStackTraces().values().stream()
        .map(Arrays::toString)
        .anyMatch(
            frames ->
                frames.contains("PgPreparedStatement")
                    && frames.contains("SSLSocketOutputRecord")
                    && frames.contains("NioSocketImpl.park"));
  }
}

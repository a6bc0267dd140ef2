package dev.cameleon.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cameleon.db.Database;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.IamServer;
import dev.cameleon.support.LocalSecrets;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Run;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Passwords that change at run time: rotated passwords, and tokens of RDS IAM authentication. */
class RotatedPasswordTest {
  @TempDir private Path folder;

  private final Map<String, String> before = new HashMap<>();

  @AfterEach
  void restoreProperties() {
    before.forEach(
        (name, value) -> {
          if (value == null) {
            System.clearProperty(name);
          } else {
            System.setProperty(name, value);
          }
        });
  }

  @Test
  void aPasswordRotatedInTheFileCausesNoOutage() throws Exception {
    Site site = site();
    LoginRole role = loader(site);
    Path file = folder.resolve("application.properties");
    Files.writeString(file, "cameleon.db.password=first");
    site.with("CAMELEON_CONFIG", file.toString());

    loadsAcrossARotation(site, role, () -> Files.writeString(file, "cameleon.db.password=second"));
  }

  @Test
  void aPasswordRotatedInSecretsManagerCausesNoOutage() throws Exception {
    Site site = site();
    LoginRole role = loader(site);
    try (LocalSecrets secrets = LocalSecrets.start().with("db", "{\"password\":\"first\"}")) {
      set(LocalSecrets.ENDPOINT, secrets.properties().get(LocalSecrets.ENDPOINT));
      site.with("CAMELEON_DB_PASSWORD", "{{aws:db#password}}");

      loadsAcrossARotation(site, role, () -> secrets.with("db", "{\"password\":\"second\"}"));
      assertThat(secrets.requests()).isLessThan(10);
    }
  }

  /** Many connections are refused at once. */
  @Test
  void aRefusedPasswordIsReadAgainOnceAndNotForEachConnection() throws Exception {
    try (LocalSecrets secrets = LocalSecrets.start().with("db", "{\"password\":\"first\"}")) {
      secrets.properties().forEach(this::set);
      Map<String, String> environment = Map.of("CAMELEON_DB_PASSWORD", "{{aws:db#password}}");
      RotatedPassword password = new RotatedPassword(environment, "cameleon.db.password", "first");

      assertThat(password.get(Optional.of("first"))).isEmpty();
      secrets.with("db", "{\"password\":\"second\"}");
      assertThat(password.get(Optional.of("first"))).isEmpty();

      assertThat(secrets.requests()).isEqualTo(1);
      assertThat(password.get(Optional.empty())).hasValue("first");
    }
  }

  @Test
  void aPasswordThatStaysWrongIsRefused() throws Exception {
    Site site = site();
    loader(site);
    site.with("CAMELEON_DB_PASSWORD", "wrong");
    Database.Login login = Settings.read(site.environment()).database().loader();

    SQLException refusal =
        catchThrowableOfType(SQLException.class, () -> Database.connect(login).close());
    assertThat(refusal.getSQLState()).isEqualTo("28P01");
  }

  @Test
  void eachConnectionHasAnIamTokenOfItsOwnThatTheServerVerifies() throws Exception {
    Site site = site();
    LoginRole role = LoginRole.in(site.database(), "cameleon_loader");
    set("aws.accessKeyId", "AKIDEXAMPLE");
    set("aws.secretAccessKey", "secret-of-the-test");
    try (IamServer server = IamServer.before(Shared.postgres().port(), "secret-of-the-test")) {
      site.with(
              "CAMELEON_DB_URL",
              "jdbc:postgresql://localhost:" + server.port() + "/" + site.database().name())
          .with("CAMELEON_DB_USER", role.name())
          .with("CAMELEON_DB_IAM", "true")
          .with("CAMELEON_MIGRATE", "false");
      site.queues().send(Events.bodies(20));

      try (Run run = Run.on(site)) {
        run.await(Outcome.LOADED, 20);
      }

      assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(20);
      assertThat(server.tokens()).hasSizeGreaterThan(1);
      int taken = server.tokens().size();
      set("aws.secretAccessKey", "another");
      Database.Login login = Settings.read(site.environment()).database().loader();
      assertThatThrownBy(() -> Database.connect(login))
          .isInstanceOf(SQLException.class)
          .hasFieldOrPropertyWithValue("SQLState", "28000");
      assertThat(server.tokens()).hasSize(taken);
      assertThat(login.toString()).doesNotContain("X-Amz");

      // A server that uses LDAP or PAM refuses a password with this SQLSTATE, too.
      List<Optional<String>> asked = new ArrayList<>();
      Database.Login rotated =
          new Database.Login(
              login.url(),
              login.user(),
              refused -> {
                asked.add(refused);
                return Optional.of("no token");
              });
      assertThatThrownBy(() -> Database.connect(rotated))
          .hasFieldOrPropertyWithValue("SQLState", "28000");
      assertThat(asked).containsExactly(Optional.empty(), Optional.of("no token"));
    }
  }

  @Test
  void iamNeedsTlsOneHostAUserAndNoPassword() {
    Map<String, String> environment = new HashMap<>();
    environment.put("CAMELEON_ROUTES", Path.of("routes").toAbsolutePath().toString());
    environment.put("CAMELEON_DB_IAM", "true");
    environment.put("CAMELEON_DB_URL", "jdbc:postgresql://db.example/app");
    environment.put("CAMELEON_DB_PASSWORD", "hunter2");

    assertThat(
            catchThrowableOfType(InvalidSettingsException.class, () -> Settings.read(environment))
                .problems())
        .anyMatch(each -> each.contains("CAMELEON_DB_USER") && each.contains("rds_iam"))
        .anyMatch(each -> each.contains("CAMELEON_DB_PASSWORD") && !each.contains("hunter2"))
        .anyMatch(each -> each.contains("TLS only") && each.contains("sslmode=verify-full"));
  }

  private interface Change {
    void make() throws Exception;
  }

  private void loadsAcrossARotation(Site site, LoginRole role, Change change) throws Exception {
    site.queues().send(Events.bodies(20));
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 20);

      site.database().execute("ALTER ROLE " + role.name() + " PASSWORD 'second'");
      change.make();
      site.database()
          .query(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"
                  + role.name()
                  + "'");
      site.queues().send(Events.bodies(20));

      run.await(Outcome.LOADED, 40);
    }
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(40);
    assertThat(site.queues().deadLetters()).isZero();
  }

  private Site site() throws Exception {
    Site site = Site.in(folder);
    site.migrate();
    return site;
  }

  /** A loader from whom the tests' server, which trusts everybody else, requires a password. */
  private LoginRole loader(Site site) throws Exception {
    LoginRole role = LoginRole.in(site.database(), "cameleon_loader");
    site.database().execute("ALTER ROLE " + role.name() + " PASSWORD 'first'");
    site.with("CAMELEON_DB_USER", role.name()).with("CAMELEON_MIGRATE", "false");
    Path rules = Path.of(site.database().query("SHOW hba_file").get(0).get(0));
    Files.writeString(
        rules,
        "host all " + role.name() + " all scram-sha-256\n" + Files.readString(rules),
        StandardCharsets.UTF_8);
    site.database().query("SELECT pg_reload_conf()");
    return role;
  }

  private void set(String property, String value) {
    before.putIfAbsent(property, System.getProperty(property));
    System.setProperty(property, value);
  }
}

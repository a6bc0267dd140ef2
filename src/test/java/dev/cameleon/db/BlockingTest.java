package dev.cameleon.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cameleon.mask.Keyset;
import dev.cameleon.privacy.Erasure;
import dev.cameleon.privacy.ErasureResult;
import dev.cameleon.privacy.Retokenization;
import dev.cameleon.support.Commands;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Program;
import dev.cameleon.support.Shared;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attempts to block erasure, rotation, maintenance and migrations by taking locks. */
class BlockingTest {
  /** The numbers of earlier versions' locks, and of Flyway's own lock on this schema's history. */
  private static final List<Long> KNOWN_NUMBERS =
      List.of(0x63616d656c656f6eL, 0x63616d656c656f6fL, 0x63616d656c656f70L);

  private static final long FLYWAYS_NUMBER =
      77431708279161L + "\"cameleon\".\"flyway_schema_history\"".hashCode();

  private static final Keyset KEYS = FixedKeys.of(0x11111111, 0x0b);

  @TempDir private Path folder;

  private final TestDatabase database = Shared.postgres().database();
  private final Database.Login owner = new Database.Login(database.url(), "postgres", "postgres");
  private Database.Login officer;

  @BeforeEach
  void anOfficerWhoWaitsBriefly() throws Exception {
    Migrations.migrate(owner);
    LoginRole role = LoginRole.in(database, "cameleon_officer");
    database.execute("ALTER ROLE " + role.name() + " SET lock_timeout = '300ms'");
    officer = role.login();
  }

  @Test
  void aLoginWithoutRightsStopsNothing() throws Exception {
    database.execute(
        "INSERT INTO user_logins (user_id) VALUES ('ada'); INSERT INTO cameleon.ingested_message"
            + " VALUES (gen_random_uuid(), now() - interval '31 days')");
    LoginRole nobody = LoginRole.in(database);
    try (Connection attacker = nobody.connect()) {
      for (long number : KNOWN_NUMBERS) {
        execute(attacker, "SELECT pg_advisory_lock(" + number + ")");
      }
      for (List<String> table :
          database.query(
              "SELECT relnamespace::regnamespace || '.' || relname FROM pg_class WHERE relkind = 'r' AND relnamespace IN"
                  + " ('cameleon'::regnamespace, 'public'::regnamespace)")) {
        SQLException refused =
            catchThrowableOfType(
                SQLException.class, () -> execute(attacker, "BEGIN; LOCK TABLE " + table.get(0)));
        assertThat(refused.getSQLState()).as(table.get(0)).isEqualTo("42501");
        execute(attacker, "ROLLBACK");
      }

      assertThat(Migrations.migrate(owner, 1)).isZero();
      assertThat(LedgerCleanup.deleteOld(owner, "login", 30)).isEqualTo(1);
      assertThat(eraseAda().rows()).isEqualTo(1);
      try (Connection rotation = Database.connect(officer)) {
        assertThat(Retokenization.begin(rotation, KEYS)).isPresent();
      }
    }
  }

  @Test
  void theNumberOfALockIsUselessAfterwards() throws Exception {
    try (Connection attacker = LoginRole.in(database).connect()) {
      try (Connection rotation = Database.connect(officer)) {
        assertThat(AdvisoryLock.LOGINS.take(rotation)).isTrue();
        execute(
            attacker,
            "SELECT pg_try_advisory_lock(classid::bigint << 32 | objid::bigint) FROM pg_locks"
                + " WHERE locktype = 'advisory'");
        try (Connection second = Database.connect(officer)) {
          assertThat(AdvisoryLock.LOGINS.take(second)).isFalse();
        }
        assertThat(AdvisoryLock.LOGINS.holder(officer))
            .contains("of user " + officer.user() + " since 20");
      }
      long number = database.number("SELECT lock FROM cameleon.rows_lock");
      execute(attacker, "SELECT pg_advisory_lock(" + number + ")");
      // Even a session that has the number and gets the process id of the previous holder.
      database.execute("UPDATE cameleon.rows_lock SET pid = " + pid(attacker));
      try (Connection next = Database.connect(officer)) {
        assertThat(AdvisoryLock.LOGINS.take(next)).isTrue();
      }
    }
  }

  @Test
  void aRevealerWithAnOpenTransactionIsNamed() throws Exception {
    database.execute("INSERT INTO user_logins (user_id) VALUES ('ada')");
    LoginRole role = LoginRole.in(database, "cameleon_revealer");
    try (Connection revealer = role.connect()) {
      execute(revealer, "BEGIN; SELECT cameleon.record_act('reveal', 'x', 'why', null, null)");
      String holder = "session " + pid(revealer) + " of user " + role.name();

      assertThat(Migrations.migrate(owner, 1)).isZero();
      SQLException erasing = catchThrowableOfType(SQLException.class, this::eraseAda);
      assertThat(LockHolders.describe(officer, erasing)).contains(holder, "cameleon.audit");
      assertThat(LockHolders.describe(owner, erasing)).contains(holder + " since 20");
      try (Connection rotation = Database.connect(officer)) {
        SQLException rotating =
            catchThrowableOfType(SQLException.class, () -> Retokenization.begin(rotation, KEYS));
        assertThat(LockHolders.describe(officer, rotating)).contains(holder, "cameleon.audit");
      }
      execute(revealer, "ROLLBACK");
    }
    assertThat(eraseAda().rows()).isEqualTo(1);
  }

  @Test
  void aMigrationDoesNotWaitForEver() throws Exception {
    TestDatabase old = Shared.postgres().database();
    Database.Login hurried =
        new Database.Login(old.url() + "?options=-c%20lock_timeout=300ms", "postgres", "postgres");
    old.migrateTo("3");
    LoginRole role = LoginRole.in(old);
    old.execute(
        "GRANT USAGE ON SCHEMA cameleon TO %1$s; GRANT SELECT ON cameleon.mask_key TO %1$s"
            .formatted(role.name()));
    try (Connection reader = role.connect()) {
      execute(reader, "BEGIN; SELECT FROM cameleon.mask_key");

      FlywayException failure =
          catchThrowableOfType(FlywayException.class, () -> Migrations.migrate(hurried, 1));

      assertThat(LockHolders.describe(hurried, failure))
          .contains("session " + pid(reader) + " of user " + role.name() + " since 20")
          .contains("cameleon.mask_key");
      Program.Result command =
          Commands.run(Map.of("CAMELEON_DB_URL", hurried.url()), folder, "migrate");
      assertThat(command.exitCode()).isEqualTo(1);
      assertThat(command.err())
          .contains("session " + pid(reader) + " of user " + role.name() + " since 20");
      execute(reader, "ROLLBACK");
    }
    assertThat(Migrations.migrate(hurried, 1)).isEqualTo(3); // V4 to V6
  }

  @Test
  void theHolderOfFlywaysOwnLockIsNamed() throws Exception {
    TestDatabase old = Shared.postgres().database();
    Database.Login oldOwner = new Database.Login(old.url(), "postgres", "postgres");
    old.migrateTo("5");
    LoginRole nobody = LoginRole.in(old);
    try (Connection attacker = nobody.connect()) {
      execute(attacker, "SELECT pg_advisory_lock(" + FLYWAYS_NUMBER + ")");

      SQLException failure =
          catchThrowableOfType(SQLException.class, () -> Migrations.migrate(oldOwner, 1));

      assertThat(LockHolders.describe(oldOwner, failure))
          .contains("session " + pid(attacker) + " of user " + nobody.name())
          .contains("Flyway's lock");
    }
  }

  @Test
  void noSessionWaitsForALockForEver() throws Exception {
    for (Database.Login login : List.of(owner, LoginRole.in(database).login())) {
      try (Connection connection = Database.connect(login);
          Connection migrating = Database.patient(login).getConnection()) {
        assertThat(lockTimeout(connection)).isEqualTo("40s");
        assertThat(lockTimeout(migrating)).isEqualTo("40s");
      }
    }
  }

  private static String lockTimeout(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW lock_timeout")) {
      row.next();
      return row.getString(1);
    }
  }

  private ErasureResult eraseAda() throws Exception {
    try (Erasure erase = Erasure.open(officer, Duration.ZERO, (time, why) -> {})) {
      assertThat(erase.lock()).isTrue();
      return erase.person("ada", KEYS, "PRIV-1", false);
    }
  }

  private static int pid(Connection connection) throws SQLException {
    return connection.unwrap(org.postgresql.PGConnection.class).getBackendPID();
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}

package dev.cameleon.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Shared;
import java.sql.Connection;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.Test;

class MigrationsTest {
  private final TestDatabase database = Shared.postgres().database();
  private final Database.Login owner = new Database.Login(database.url(), "postgres", "postgres");

  @Test
  void userLoginsHasExactlyTheGivenColumns() throws Exception {
    Migrations.migrate(owner);

    assertThat(
            database.query(
                """
                SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
                 WHERE attrelid = 'public.user_logins'::regclass AND attnum > 0 ORDER BY attnum
                """))
        .containsExactly(
            List.of("user_id", "character varying(128)"),
            List.of("device_type", "character varying(32)"),
            List.of("masked_ip", "character varying(256)"),
            List.of("maked_device_id", "character varying(256)"),
            List.of("locale", "character varying(32)"),
            List.of("app_version", "integer"),
            List.of("create_date", "date"));
  }

  @Test
  void aMigratedDatabaseIsRecognizedWithoutFlyway() throws Exception {
    assertThat(Migrations.recorded(owner)).isEmpty();
    Migrations.migrate(owner);

    assertThat(Migrations.recorded(owner)).isEqualTo(Migrations.CURRENT);

    database.execute("UPDATE cameleon.flyway_schema_history SET checksum = 1 WHERE version = '6'");
    assertThatThrownBy(() -> Migrations.migrate(owner))
        .isInstanceOf(FlywayException.class)
        .hasMessageContaining("checksum");
    database.execute("DELETE FROM cameleon.flyway_schema_history WHERE version = '6'");
    assertThat(Migrations.migrate(owner)).isEqualTo(1);
    database.execute(
        "UPDATE cameleon.flyway_schema_history SET success = false WHERE version = '6'");
    assertThatThrownBy(() -> Migrations.migrate(owner)).isInstanceOf(FlywayException.class);
  }

  @Test
  void anExistingTableAndItsRowsAreKeptUnchanged() throws Exception {
    database.execute(
        "CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32), masked_ip"
            + " varchar(256), maked_device_id varchar(256), locale varchar(32), app_version"
            + " integer, create_date date, extra text DEFAULT 'mine');"
            + " INSERT INTO user_logins (user_id) VALUES ('old')");

    Migrations.migrate(owner);

    assertThat(database.query("SELECT user_id, extra FROM user_logins"))
        .containsExactly(List.of("old", "mine"));
  }

  @Test
  void aDatabaseOfBeforeTheVaultKeepsItsMaskAndLoadsOn() throws Exception {
    database.migrateTo("3");
    database.execute("INSERT INTO cameleon.mask_key (key_id, check_value) VALUES ('k1', 'v1')");

    Migrations.migrate(owner);

    assertThat(database.query("SELECT key_id, check_value, retired_at FROM cameleon.mask_key"))
        .containsExactly(Arrays.asList("k1", "v1", null));
    // A process of an older version, which names no key, continues until a key is retired.
    database.execute("INSERT INTO cameleon.ingested_message VALUES (gen_random_uuid())");
    database.execute(
        "INSERT INTO cameleon.mask_key (key_id, check_value, follows) VALUES ('k2', 'v2', 'k1');"
            + " SELECT cameleon.retire_key('k1')");
    assertThatThrownBy(
            () ->
                database.execute(
                    "INSERT INTO cameleon.ingested_message VALUES (gen_random_uuid())"))
        .rootCause()
        .extracting(SqlErrors::state)
        .isEqualTo("CM001");
  }

  @Test
  void aDatabaseOfOneTableKeepsItsRowsAndAProcessOfBeforeLoadsOn() throws Exception {
    database.migrateTo("4");
    database.execute(
        """
        SELECT cameleon.add_keys('{11111111}', '{check_11111111_AAAAAAAAAAAAAAAAAAAAAA}');
        INSERT INTO cameleon.masked_field (field, kind) VALUES ('ip', 'ip');
        INSERT INTO cameleon.ingested_message VALUES ('00000000-0000-0000-0000-000000000001', '2026-01-31');
        INSERT INTO user_logins (user_id, masked_ip) VALUES ('ada', 'ip_11111111_AAAAAAAAAAAAAAAAAAAAAA');
        INSERT INTO cameleon.vault VALUES ('ip_11111111_AAAAAAAAAAAAAAAAAAAAAA', gen_random_uuid(), gen_random_uuid(), '');
        SELECT cameleon.record_act('reveal', 'ip_11111111_AAAAAAAAAAAAAAAAAAAAAA', 'why', 'T-1', NULL)
        """);
    String all =
        "SELECT (SELECT string_agg(l::text, '') FROM user_logins l), (SELECT string_agg(v::text, '')"
            + " FROM cameleon.vault v), (SELECT string_agg(a::text, '') FROM cameleon.audit a),"
            + " (SELECT string_agg(t::text, '') FROM cameleon.audit_token t), (SELECT"
            + " string_agg(message_id::text || ingested_at, '') FROM cameleon.ingested_message)";
    List<List<String>> before = database.query(all);

    Migrations.migrate(owner);

    assertThat(database.query(all)).isEqualTo(before);
    LoginRole loader = LoginRole.in(database, "cameleon_loader");
    try (Connection connection = loader.connect();
        Statement statement = connection.createStatement()) {
      // As load.sql and the start of the previous version do: one message is a duplicate, one is
      // new.
      String load =
          "INSERT INTO cameleon.ingested_message (message_id) SELECT ('00000000-0000-0000-0000-00000000000'"
              + " || n)::uuid FROM generate_series(1, 2) n ON CONFLICT DO NOTHING";
      assertThat(statement.executeUpdate(load)).isEqualTo(1);
      assertThat(
              statement.executeUpdate(
                  "INSERT INTO cameleon.masked_field (field, kind) VALUES ('ip', 'ip') ON CONFLICT DO NOTHING"))
          .isZero();
      // Its commands know only one table, so they must not work.
      assertThatThrownBy(() -> statement.execute("SELECT FROM cameleon.logins_lock FOR UPDATE"))
          .extracting(SqlErrors::state)
          .isEqualTo("42P01");
    }
    assertThat(
            database.query("SELECT pipeline, count(*) FROM cameleon.ingested_message GROUP BY 1"))
        .containsExactly(List.of("login", "2"));
    assertThat(database.query("SELECT relation, person FROM cameleon.loaded_table"))
        .containsExactly(List.of("public.user_logins", "user_id"));
  }

  @Test
  void aTableOfAnotherOwnerIsKeptAndTheRolesRightsAreRequested() throws Exception {
    Migrations.migrate(new Database.Login(Shared.postgres().database().url(), "postgres", "x"));
    String migrator = "migrator_of_" + database.name();
    database.execute(
        "CREATE ROLE "
            + migrator
            + " LOGIN; CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32),"
            + " masked_ip varchar(256), maked_device_id varchar(256), locale varchar(32),"
            + " app_version integer, create_date date); GRANT SELECT ON user_logins TO "
            + migrator
            + "; GRANT CREATE ON SCHEMA public TO "
            + migrator
            + "; GRANT CREATE ON DATABASE "
            + database.name()
            + " TO "
            + migrator);
    Database.Login login = new Database.Login(database.url(), migrator, "x");

    Migrations.migrate(login);

    try (Connection connection = Database.connect(login);
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT cameleon.grant_roles()");
      StringBuilder warnings = new StringBuilder();
      for (SQLWarning w = statement.getWarnings(); w != null; w = w.getNextWarning()) {
        warnings.append(w.getMessage());
      }
      assertThat(warnings).contains("public.user_logins belongs to somebody else");
    }
    assertThat(
            database.query(
                "SELECT has_table_privilege('cameleon_loader', 'cameleon.vault', 'INSERT'),"
                    + " has_table_privilege('cameleon_loader', 'public.user_logins', 'INSERT')"))
        .containsExactly(List.of("t", "f"));
  }

  @Test
  void everythingElseIsInSchemaCameleon() throws Exception {
    Migrations.migrate(owner);

    assertThat(
            database.query(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
        .containsExactly(List.of("user_logins"));
    assertThat(
            database.query(
                "SELECT relname FROM pg_class WHERE relnamespace = 'cameleon'::regnamespace AND"
                    + " relkind IN ('r', 'v') ORDER BY 1"))
        .extracting(row -> row.get(0))
        .contains(
            "duplicate_devices",
            "duplicate_ips",
            "flyway_schema_history",
            "ingested_message",
            "logins",
            "mask_key",
            "masked_field");
  }

  @Test
  void processesThatStartTogetherTakeTurns() throws Exception {
    ExecutorService processes = Executors.newFixedThreadPool(4);
    List<Callable<Integer>> starts = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      starts.add(() -> Migrations.migrate(owner));
    }

    long applied = 0;
    for (Future<Integer> start : processes.invokeAll(starts)) {
      applied += start.get();
    }
    processes.shutdown();

    // Another process may get its turn between two migrations.
    assertThat(applied)
        .isPositive()
        .isEqualTo(
            database.number(
                "SELECT count(DISTINCT version) FROM cameleon.flyway_schema_history WHERE success"));
  }

  @Test
  void theLedgerDeletesIdsThatAreOlderThanItsDays() throws Exception {
    Migrations.migrate(owner);
    database.execute(
        "INSERT INTO cameleon.ingested_message SELECT gen_random_uuid(), now() - interval '31 days'"
            + " FROM generate_series(1, 20001); INSERT INTO cameleon.ingested_message VALUES"
            + " (gen_random_uuid(), now() - interval '29 days')");

    assertThat(LedgerCleanup.deleteOld(owner, "login", 30)).isEqualTo(20_001);

    assertThat(database.number("SELECT count(*) FROM cameleon.ingested_message")).isEqualTo(1);
  }
}

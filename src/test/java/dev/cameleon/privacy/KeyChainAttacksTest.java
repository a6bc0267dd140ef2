package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Shared;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Officers and loaders who try to pass off a vault entry as another's: with their own name, their
 * own operator, or their own mask key.
 */
class KeyChainAttacksTest {
  private static final String DENIED = "42501";
  private static final String RENAME =
      "UPDATE cameleon.vault SET token = 'ip_0000000%s_BBBBBBBBBBBBBBBBBBBBBB'";

  private final TestDatabase database = Shared.postgres().migrated();
  private LoginRole officer;
  private LoginRole loader;

  @BeforeEach
  void storeOneEntryUnderTheOnlyKey() throws Exception {
    start(FixedKeys.of(1, 0x0b), database.connect());
    database.execute(
        "INSERT INTO cameleon.vault VALUES"
            + " ('ip_00000001_AAAAAAAAAAAAAAAAAAAAAA', gen_random_uuid(), gen_random_uuid(), '')");
    officer = LoginRole.in(database, "cameleon_officer");
    loader = LoginRole.in(database, "cameleon_loader");
  }

  @Test
  void anOperatorOfTheOfficersOwnDoesNotReplaceTheTriggers() {
    database.execute("CREATE SCHEMA workshop AUTHORIZATION " + officer.name());
    String operators =
        "CREATE FUNCTION workshop.no(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';"
            + "CREATE FUNCTION workshop.yes(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
            + "CREATE OPERATOR workshop.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = workshop.no);"
            + "CREATE OPERATOR workshop.= (LEFTARG = text, RIGHTARG = text, FUNCTION = workshop.yes);"
            + "SET search_path = workshop, pg_catalog;";

    assertThat(attempt(officer, RENAME.formatted("1"))).isEqualTo("CM002");
    assertThat(attempt(officer, operators + RENAME.formatted("1"))).isEqualTo("CM002");
    assertThat(database.query("SELECT token FROM cameleon.vault"))
        .containsExactly(List.of("ip_00000001_AAAAAAAAAAAAAAAAAAAAAA"));
  }

  @Test
  void everyFunctionLooksNamesUpInPgCatalogOnly() {
    assertThat(
            database.query(
                "SELECT proname, array_to_string(proconfig, ';') FROM pg_proc"
                    + " WHERE pronamespace = 'cameleon'::regnamespace"))
        .hasSizeGreaterThanOrEqualTo(10)
        .allSatisfy(
            function ->
                assertThat(function.get(1))
                    .as(function.get(0))
                    .startsWith("search_path=pg_catalog, pg_temp"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cameleon_officer", "cameleon_loader"})
  void nobodyPutsAKeyIntoTheChainByHand(String role) {
    assertThat(
            attempt(
                LoginRole.in(database, role),
                "INSERT INTO cameleon.mask_key (key_id, check_value, follows)"
                    + " VALUES ('00000002', 'x', '00000001')"))
        .isEqualTo(DENIED);
  }

  @Test
  void aKeyThatSomebodyInventsIsOnRecordUnderTheirName() throws Exception {
    start(FixedKeys.of(1, 0x0b, 2, 2), officer.connect());

    assertThat(attempt(officer, RENAME.formatted("2"))).isEqualTo("done"); // so reveal recomputes
    assertThat(database.query("SELECT actor, act, detail FROM cameleon.audit ORDER BY seq"))
        .containsExactly(
            List.of("postgres", "add-key", "00000001, the first"),
            List.of(officer.name(), "add-key", "00000002 after 00000001"));
  }

  @Test
  void aLoaderAddsTheFirstKeyAndTheNextOneAndNoOther() throws Exception {
    TestDatabase fresh = Shared.postgres().migrated();
    LoginRole first = LoginRole.in(fresh, "cameleon_loader");

    assertThat(start(FixedKeys.of(1, 0x0b), first.connect())).isEmpty();
    assertThat(start(FixedKeys.of(1, 0x0b, 2, 2), first.connect())).isEmpty();
    assertThat(start(FixedKeys.of(1, 0x0b, 3, 3), first.connect())).hasSize(1);
    for (String keys :
        List.of(
            "{00000001,00000004}", "{00000004}", "{00000002,00000004}", "{00000002,0000000x}")) {
      String checks =
          keys.equals("{00000002,0000000x}")
              ? "(SELECT array_agg(check_value) || 'x' FROM cameleon.mask_key WHERE follows <> '')"
              : "'{x,x}'";
      attempt(first, "SELECT cameleon.add_keys('" + keys + "', " + checks + ")");
    }

    assertThat(fresh.query("SELECT key_id, follows FROM cameleon.mask_key ORDER BY key_id"))
        .containsExactly(
            java.util.Arrays.asList("00000001", null), List.of("00000002", "00000001"));
    assertThat(fresh.query("SELECT DISTINCT actor FROM cameleon.audit"))
        .containsExactly(List.of(first.name()));
  }

  @Test
  void nothingIsLoadedUnderAKeyThatTheChainDoesNotKnow() {
    String load = "INSERT INTO cameleon.ingested_message VALUES (gen_random_uuid())";

    assertThat(attempt(loader, "SET cameleon.mask_key = '00000001';" + load)).isEqualTo("done");
    assertThat(attempt(loader, "SET cameleon.mask_key = 'deadbeef';" + load)).isEqualTo("CM004");
    assertThat(attempt(loader, "SET cameleon.mask_key = 'DEADBEEF';" + load)).isEqualTo("CM004");
  }

  private static List<String> start(Keyset keyset, Connection connection) throws SQLException {
    try (connection) {
      return new MaskGuard(keyset, Map.of()).problems(connection, Set.of());
    }
  }

  private static String attempt(LoginRole who, String sql) {
    try (Connection connection = who.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
      return "done";
    } catch (SQLException e) {
      return e.getSQLState();
    }
  }
}

package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Shared;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** All rights of each role, and that the database enforces them for its members. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RolesTest {
  private static final String DENIED = "42501";

  private final TestDatabase database = Shared.postgres().migrated();

  @Test
  void theLoaderWritesTheVaultAndReadsNoPersonalData() {
    assertThat(privileges("cameleon_loader"))
        .containsExactlyInAnyOrder(
            "public.user_logins INSERT",
            "cameleon.ingested_message SELECT",
            "cameleon.ingested_message INSERT",
            "cameleon.ingested_message DELETE",
            "cameleon.mask_key SELECT",
            "cameleon.masked_field SELECT",
            "cameleon.masked_field INSERT",
            "cameleon.suppressed SELECT",
            "cameleon.loaded_table SELECT",
            "cameleon.ledger_lock SELECT",
            "cameleon.ledger_lock UPDATE",
            "cameleon.vault INSERT",
            "cameleon.sealed_data_key INSERT");
    assertThat(functions("cameleon_loader")).containsExactlyInAnyOrder("is_current", "add_keys");
  }

  @Test
  void theOfficerCannotGiveAnEntryTheNameOfAnother() {
    database.execute(
        "INSERT INTO cameleon.vault VALUES"
            + " ('ip_00000001_AAAAAAAAAAAAAAAAAAAAAA', gen_random_uuid(), gen_random_uuid(), ''),"
            + " ('ip_00000001_BBBBBBBBBBBBBBBBBBBBBB', gen_random_uuid(), gen_random_uuid(), '')");
    LoginRole officer = LoginRole.in(database, "cameleon_officer");
    String rename =
        "UPDATE cameleon.vault SET token = '%s' WHERE token = 'ip_00000001_AAAAAAAAAAAAAAAAAAAAAA'";

    for (String name :
        List.of(
            "ip_00000001_CCCCCCCCCCCCCCCCCCCCCC",
            "ip_00000009_CCCCCCCCCCCCCCCCCCCCCC",
            "device_00000001_AAAAAAAAAAAAAAAAAAAAAA",
            "kept")) {
      assertThat(attempt(officer, rename.formatted(name))).isEqualTo("CM002");
    }
  }

  @Test
  void theReaderSeesTheLoginsAndTheViewsOnly() {
    assertThat(privileges("cameleon_reader"))
        .containsExactlyInAnyOrder(
            "public.user_logins SELECT",
            "cameleon.logins SELECT",
            "cameleon.duplicate_ips SELECT",
            "cameleon.duplicate_devices SELECT");
    assertThat(functions("cameleon_reader")).isEmpty();
  }

  @Test
  void theRevealerReachesTheVaultThroughTheFunctionOnly() {
    assertThat(privileges("cameleon_revealer"))
        .containsExactlyInAnyOrder(
            "cameleon.audit SELECT",
            "cameleon.audit_token SELECT",
            "cameleon.acts SELECT",
            "cameleon.mask_key SELECT",
            "cameleon.masked_field SELECT",
            "cameleon.loaded_table SELECT",
            "cameleon.masked_person SELECT");
    assertThat(functions("cameleon_revealer"))
        .containsExactlyInAnyOrder("record_act", "reveal", "rows_of");
  }

  @Test
  void theOfficerErasesAndRetokenizesWithoutReadingSealedValues() {
    assertThat(privileges("cameleon_officer"))
        .contains("cameleon.vault DELETE", "cameleon.audit SELECT")
        .doesNotContain(
            "cameleon.vault INSERT",
            "cameleon.mask_key INSERT",
            "cameleon.audit INSERT",
            "cameleon.audit UPDATE",
            "cameleon.audit DELETE");
    assertThat(functions("cameleon_officer"))
        .contains("record_act", "retire_key", "add_keys")
        .doesNotContain("reveal", "rows_of", "grant_roles");
  }

  @Test
  void everybodyElseReachesNothing() {
    LoginRole nobody = LoginRole.in(database);

    assertThat(privileges(nobody.name())).isEmpty();
    assertThat(functions(nobody.name())).isEmpty();
    assertThat(attempt(nobody, "SELECT * FROM cameleon.logins")).isEqualTo(DENIED);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          loader   | SELECT token FROM cameleon.vault
          loader   | SELECT sealed_key FROM cameleon.sealed_data_key
          loader   | DELETE FROM cameleon.vault
          loader   | SELECT user_id FROM public.user_logins
          loader   | INSERT INTO cameleon.vault VALUES ('t', gen_random_uuid(), gen_random_uuid(), '') RETURNING sealed
          loader   | INSERT INTO cameleon.vault VALUES ('t', gen_random_uuid(), gen_random_uuid(), '') ON CONFLICT (token) DO UPDATE SET sealed = ''
          loader   | SELECT cameleon.reveal(1)
          loader   | SELECT cameleon.rows_of(1, 'u', '')
          loader   | SELECT cameleon.record_act('erase', 't', 'x', NULL, NULL)
          loader   | SELECT cameleon.grant_roles()
          loader   | SELECT cameleon.retire_key('k')
          loader   | SELECT * FROM cameleon.audit
          reader   | SELECT * FROM cameleon.vault
          reader   | SELECT * FROM cameleon.audit
          reader   | SELECT cameleon.reveal(1)
          reader   | SELECT cameleon.add_keys('{}', '{}')
          reader   | SELECT cameleon.grant_roles()
          reader   | SELECT cameleon.retire_key('k')
          reader   | DELETE FROM public.user_logins
          revealer | SELECT * FROM cameleon.vault
          revealer | SELECT cameleon.erase_tokens(NULL)
          revealer | UPDATE cameleon.audit_token SET salt = NULL
          officer  | DELETE FROM cameleon.audit_token
          officer  | SELECT cameleon.add_act('a', NULL, NULL, NULL, NULL)
          loader   | SELECT cameleon.rewrite_vault('', 1)
          revealer | SELECT * FROM cameleon.sealed_data_key
          revealer | SELECT * FROM public.user_logins
          revealer | SELECT cameleon.committed_request(1, 'reveal')
          revealer | SELECT cameleon.add_keys('{}', '{}')
          revealer | SELECT cameleon.grant_roles()
          revealer | SELECT cameleon.retire_key('k')
          officer  | SELECT sealed FROM cameleon.vault
          officer  | SELECT sealed_key FROM cameleon.sealed_data_key
          officer  | SELECT cameleon.reveal(1)
          officer  | SELECT cameleon.rows_of(1, 'u', '')
          officer  | SELECT cameleon.grant_roles()
          """)
  void anActionOutsideARolesRightsIsRefusedToItsMembers(String role, String sql) {
    assertThat(attempt(LoginRole.in(database, "cameleon_" + role), sql)).isEqualTo(DENIED);
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

  /** Privileges on tables and views of ours, or on any column of them. */
  private List<String> privileges(String role) {
    return texts(
        "SELECT c.relnamespace::regnamespace || '.' || c.relname || ' ' || p"
            + " FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES', 'DELETE',"
            + " 'TRUNCATE', 'TRIGGER']) p"
            + " WHERE c.relkind IN ('r', 'v', 'p', 'm')"
            + " AND c.relnamespace IN ('public'::regnamespace, 'cameleon'::regnamespace)"
            + " AND CASE WHEN p IN ('DELETE', 'TRUNCATE', 'TRIGGER')"
            + "          THEN has_table_privilege('"
            + role
            + "', c.oid, p) ELSE has_any_column_privilege('"
            + role
            + "', c.oid, p) END");
  }

  /** The functions of ours that a role may call; a trigger's cannot be called. */
  private List<String> functions(String role) {
    return texts(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'cameleon'::regnamespace"
            + " AND prorettype <> 'trigger'::regtype AND has_function_privilege('"
            + role
            + "', oid, 'EXECUTE')");
  }

  private List<String> texts(String sql) {
    return database.query(sql).stream().map(row -> row.get(0)).toList();
  }
}

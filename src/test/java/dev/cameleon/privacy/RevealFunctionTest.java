package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.db.SqlErrors;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Shared;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The requests that the functions of the audit and the vault refuse, including attacks. */
class RevealFunctionTest {
  private static final String TOKEN = "ip_00000001_AAAAAAAAAAAAAAAAAAAAAA";
  private static final String REVEAL = "SELECT count(*) FROM cameleon.reveal(%s)";

  private final TestDatabase database = Shared.postgres().migrated();
  private LoginRole revealer;

  @BeforeEach
  void storeOneEntry() throws Exception {
    database.execute(
        "INSERT INTO cameleon.vault VALUES ('"
            + TOKEN
            + "', gen_random_uuid(), gen_random_uuid(), '\\x00')");
    revealer = LoginRole.in(database, "cameleon_revealer");
  }

  @Test
  void aCommittedRequestIsAnsweredInALaterTransactionOnly() throws Exception {
    try (Connection connection = revealer.connect()) {
      String request = request(connection, "a court order");

      assertThat(one(connection, String.format(REVEAL, request))).isEqualTo("1");
    }
  }

  @Test
  void theRequestsOwnTransactionGetsNothing() throws Exception {
    try (Connection connection = revealer.connect()) {
      connection.setAutoCommit(false);
      String request = request(connection, "a court order");

      assertRefused(connection, String.format(REVEAL, request), "must be committed first");
    }
    assertThat(database.number("SELECT count(*) FROM cameleon.audit")).isZero();
  }

  @Test
  void aSavepointAroundTheRequestDoesNotFoolItThoughItWouldFoolACheckOfXmin() throws Exception {
    try (Connection connection = revealer.connect()) {
      connection.setAutoCommit(false);
      execute(connection, "SAVEPOINT around");
      String request = request(connection, "a court order");
      execute(connection, "RELEASE SAVEPOINT around");

      String xmin = one(connection, "SELECT xmin FROM cameleon.audit WHERE seq = " + request);
      String transaction =
          one(connection, "SELECT (pg_current_xact_id()::text::bigint % 4294967296)::text");
      assertThat(xmin).isNotEqualTo(transaction);
      assertRefused(connection, String.format(REVEAL, request), "must be committed first");
    }
  }

  @Test
  void aRolledBackRequestDoesNotCount() throws Exception {
    try (Connection connection = revealer.connect()) {
      connection.setAutoCommit(false);
      String request = request(connection, "a court order");
      connection.rollback();

      assertRefused(connection, String.format(REVEAL, request), "no such request");
    }
  }

  @Test
  void aRollbackAfterTheAnswerLeavesTheRequestOnRecord() throws Exception {
    try (Connection connection = revealer.connect()) {
      String request = request(connection, "a court order");
      connection.setAutoCommit(false);
      assertThat(one(connection, String.format(REVEAL, request))).isEqualTo("1");
      connection.rollback();
    }

    assertThat(database.query("SELECT actor, act, token FROM cameleon.acts"))
        .containsExactly(List.of(revealer.name(), "reveal", TOKEN));
  }

  @Test
  void somebodyElsesRequestIsRefusedAlsoUnderOneRole() throws Exception {
    LoginRole other = LoginRole.in(database, "cameleon_revealer");
    try (Connection asks = revealer.connect();
        Connection takes = other.connect()) {
      execute(asks, "SET ROLE cameleon_revealer");
      String request = request(asks, "a court order");
      execute(takes, "SET ROLE cameleon_revealer");

      assertRefused(takes, String.format(REVEAL, request), "by " + other.name());
      assertThat(one(asks, String.format(REVEAL, request))).isEqualTo("1");
    }
    assertThat(database.query("SELECT DISTINCT actor FROM cameleon.audit"))
        .containsExactly(List.of(revealer.name()));
  }

  @Test
  void aRequestIsGoodForTenMinutes() throws Exception {
    try (Connection connection = revealer.connect()) {
      String request = request(connection, "a court order");
      setAge("9 minutes");
      assertThat(one(connection, String.format(REVEAL, request))).isEqualTo("1");
      setAge("11 minutes");

      assertRefused(connection, String.format(REVEAL, request), "last ten minutes");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"NULL", "''", "'  '", "E' \\t\\n'"})
  void aRequestWithoutAPurposeIsRefused(String purpose) throws Exception {
    try (Connection connection = revealer.connect()) {
      String request =
          one(
              connection,
              "SELECT seq FROM cameleon.record_act('reveal', '"
                  + TOKEN
                  + "', "
                  + purpose
                  + ", NULL, NULL)");

      assertRefused(connection, String.format(REVEAL, request), "with a purpose");
    }
  }

  @Test
  void anotherActIsNotARequest() throws Exception {
    try (Connection connection = revealer.connect()) {
      String other =
          one(
              connection,
              "SELECT seq FROM cameleon.record_act('mask', '" + TOKEN + "', 'x', NULL, NULL)");

      assertRefused(connection, String.format(REVEAL, other), "no such request");
      assertRefused(connection, String.format(REVEAL, "NULL"), "no such request");
      assertRefused(
          connection, "SELECT cameleon.record_act(' ', NULL, NULL, NULL, NULL)", "needs a name");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE cameleon.audit SET purpose = 'other'",
        "UPDATE cameleon.audit SET purpose = 'other' WHERE false",
        "DELETE FROM cameleon.audit",
        "TRUNCATE cameleon.audit"
      })
  void theAuditIsOnlyAddedToAlsoByItsOwner(String change) throws Exception {
    try (Connection connection = revealer.connect();
        Connection owner = database.connect()) {
      request(connection, "a court order");

      assertThat(state(connection, change)).isEqualTo("42501");
      assertRefused(owner, change, "only added to");
    }
    assertThat(database.number("SELECT count(*) FROM cameleon.audit")).isEqualTo(1);
  }

  @Test
  void aRowIsAddedByTheFunctionAlone() throws Exception {
    try (Connection connection = revealer.connect()) {
      assertThat(
              state(
                  connection,
                  "INSERT INTO cameleon.audit VALUES (1, now(), 'me', 'reveal', '"
                      + TOKEN
                      + "', 'x', NULL, NULL, '1', '\\x00')"))
          .isEqualTo("42501");
    }
  }

  private void setAge(String age) {
    database.execute(
        "ALTER TABLE cameleon.audit DISABLE TRIGGER only_added_to;"
            + "UPDATE cameleon.audit SET at = clock_timestamp() - interval '"
            + age
            + "'; ALTER TABLE cameleon.audit ENABLE TRIGGER only_added_to");
  }

  private static String request(Connection connection, String purpose) throws SQLException {
    return Long.toString(
        Audit.record(connection, new Audit.Act("reveal", TOKEN, purpose, "T-1", null)).seq());
  }

  private static void assertRefused(Connection connection, String sql, String message) {
    assertThatThrownBy(() -> execute(connection, sql))
        .isInstanceOf(SQLException.class)
        .satisfies(
            failure -> {
              assertThat(SqlErrors.state(failure)).isEqualTo("CM002");
              assertThat(SqlErrors.describe(failure)).contains(message);
            });
  }

  private static String state(Connection connection, String sql) {
    try {
      execute(connection, sql);
      return "done";
    } catch (SQLException e) {
      return e.getSQLState();
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String one(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}

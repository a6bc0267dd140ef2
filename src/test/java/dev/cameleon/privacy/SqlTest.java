package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cameleon.db.Database;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.support.Shared;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The content of jdbi's exceptions, and the exceptions that callers see. */
class SqlTest {
  private static final String VALUE = "plantedvalue";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT :value, 1 / 0",
        "SELECT * FROM cameleon_absent WHERE a = :value",
        "SELECT :value, :absent",
        "SELECT :value WHERE false"
      })
  void anExceptionHasNeitherTheStatementNorItsArguments(String sql) throws Exception {
    try (Connection connection = connect()) {
      Throwable failure =
          catchThrowable(
              () ->
                  Sql.call(
                      () ->
                          Sql.on(connection)
                              .createQuery(sql)
                              .bind("value", VALUE)
                              .mapToMap()
                              .one()));

      assertThat(trace(failure)).doesNotContain(VALUE, "SELECT");
    }
  }

  @Test
  void anExceptionOfABatchDoesNotQuoteItsArguments() throws Exception {
    try (Connection connection = connect()) {
      Throwable failure =
          catchThrowable(
              () ->
                  Sql.call(
                      () ->
                          Sql.on(connection)
                              .prepareBatch("DELETE FROM absent WHERE name = :value")
                              .bind("value", VALUE)
                              .add()
                              .execute()));

      assertThat(SqlErrors.state(failure)).isEqualTo("42P01");
      assertThat(trace(failure)).doesNotContain(VALUE);
    }
  }

  @Test
  void callersSeeTheDriversExceptionAndTheTransactionIsRolledBack() throws Exception {
    try (Connection connection = connect()) {
      SQLException failure =
          catchThrowableOfType(
              SQLException.class,
              () ->
                  Sql.call(
                      () ->
                          Sql.on(connection)
                              .inTransaction(
                                  db -> {
                                    db.execute("CREATE TABLE public.left_over ()");
                                    return db.execute("SELECT ?, 1 / 0", VALUE);
                                  })));

      assertThat(failure.getSQLState()).isEqualTo("22012");
      assertThat(SqlErrors.describe(failure)).doesNotContain(VALUE);
      assertThat(connection.getAutoCommit()).isTrue();
      assertThat(
              Sql.on(connection)
                  .createQuery("SELECT to_regclass('public.left_over') IS NULL")
                  .mapTo(boolean.class)
                  .one())
          .isTrue();
    }
  }

  private static Connection connect() throws SQLException {
    String url = Shared.postgres().database().url();
    return Database.connect(new Database.Login(url, "postgres", "postgres"));
  }

  private static String trace(Throwable failure) {
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace, true));
    return trace.toString();
  }
}

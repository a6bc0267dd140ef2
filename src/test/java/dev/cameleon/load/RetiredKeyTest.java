package dev.cameleon.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.db.Database;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.Run;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nothing is loaded under a retired mask key, even by a loader that began before the retirement.
 */
class RetiredKeyTest {
  private static final String LOAD =
      "INSERT INTO cameleon.ingested_message VALUES (gen_random_uuid())";

  @TempDir private Path folder;

  @Test
  void aSessionOfTheRetiredKeyAndOneThatNamesNoneAreRefusedAndTheNewKeysIsNot() throws Exception {
    TestDatabase database = withTwoKeys();
    database.execute("SELECT cameleon.retire_key('00000001')");

    assertThatThrownBy(() -> load(database, "00000001")).satisfies(RetiredKeyTest::isRetired);
    assertThatThrownBy(() -> load(database, "")).satisfies(RetiredKeyTest::isRetired);
    load(database, "00000002");
    assertThat(database.number("SELECT count(*) FROM cameleon.ingested_message")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"read committed", "repeatable read", "serializable"})
  void aStatementThatWaitedForTheRetirementIsRefused(String isolation) throws Exception {
    TestDatabase database = withTwoKeys();
    database.execute(
        "ALTER DATABASE "
            + database.name()
            + " SET default_transaction_isolation = '"
            + isolation
            + "'");
    try (Connection officer = database.connect();
        Statement retire = officer.createStatement()) {
      officer.setAutoCommit(false);
      retire.execute("SELECT cameleon.retire_key('00000001')");
      CompletableFuture<String> loading =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  load(database, "00000001");
                  return "loaded";
                } catch (SQLException e) {
                  return e.getSQLState();
                }
              });
      Awaitility.await()
          .until(
              () ->
                  database.number(
                          "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                              + " AND datname = current_database()")
                      == 1);
      officer.commit();

      assertThat(loading.get()).isEqualTo("CM001");
    }
    assertThat(database.number("SELECT count(*) FROM cameleon.ingested_message")).isZero();
  }

  @Test
  void theProcessIsInAnOutageWithTheReasonAndNothingIsDeadLettered() throws Exception {
    Site site = Site.in(folder, 5);
    try (Run run = Run.on(site)) {
      site.queues().send(Events.bodies(5));
      run.await(Outcome.LOADED, 5);
      site.database()
          .execute(
              "INSERT INTO cameleon.mask_key (key_id, check_value, follows)"
                  + " SELECT 'newer', '', key_id FROM cameleon.mask_key;"
                  + " SELECT cameleon.retire_key(key_id) FROM cameleon.mask_key");
      site.queues().send(Events.bodies(7));

      Awaitility.await().until(() -> !run.health().ready().up());
      assertThat(run.health().ready().problems().get("DATABASE"))
          .contains("mask key is retired")
          .contains("restart it with the keyset that keys rotate wrote")
          .contains("CM001");
      assertThat(run.account().count(Outcome.LOADED)).isEqualTo(5);
      assertThat(run.account().count(Outcome.DEAD_LETTERED)).isZero();
    }
    assertThat(site.queues().left()).isEqualTo(7);
    assertThat(site.queues().deadLetters()).isZero();
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(5);
  }

  private static void isRetired(Throwable failure) {
    assertThat(SqlErrors.state(failure)).isEqualTo("CM001");
    assertThat(SqlErrors.describe(failure)).contains("mask key is retired");
  }

  private static TestDatabase withTwoKeys() throws Exception {
    TestDatabase database = Shared.postgres().migrated();
    database.execute(
        "INSERT INTO cameleon.mask_key (key_id, check_value, follows)"
            + " VALUES ('00000001', 'a', NULL), ('00000002', 'b', '00000001')");
    return database;
  }

  private static void load(TestDatabase database, String keyId) throws SQLException {
    try (Connection connection = Database.connect(login(database), keyId);
        Statement statement = connection.createStatement()) {
      statement.execute(LOAD);
    }
  }

  private static Database.Login login(TestDatabase database) {
    return new Database.Login(database.url(), "postgres", "postgres");
  }
}

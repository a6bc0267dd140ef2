package dev.cameleon.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.crypto.Recipient;
import dev.cameleon.db.Database;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.mask.Original;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Shared;
import dev.cameleon.vault.Vault;
import dev.cameleon.vault.VaultEntries;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The effect of the shipped load.sql on the vault. */
class VaultSqlTest {
  /** A row's message and the token in its column {@code ip}. */
  private record Row(UUID id, String token) {}

  private final TestDatabase database = Shared.postgres().migrated();
  private final Database.Login login = new Database.Login(database.url(), "postgres", "postgres");
  @TempDir private Path folder;
  private LoadStatement statement;
  private Vault vault;

  @BeforeEach
  void prepare() throws Exception {
    statement = Shipped.statement();
    Recipients.add(folder, "anna");
    vault = new Vault(Recipient.read(folder.resolve("recipients")));
  }

  @Test
  void aTokenHasOneEntryAndItsDataKeyIsThere() throws Exception {
    load(List.of(new Row(UUID.randomUUID(), "ip_a"), new Row(UUID.randomUUID(), "ip_a")));
    load(List.of(new Row(UUID.randomUUID(), "ip_a"), new Row(UUID.randomUUID(), "ip_b")));

    assertThat(
            database.query(
                "SELECT token, length(sealed_key) FROM cameleon.vault"
                    + " JOIN cameleon.sealed_data_key USING (data_key) ORDER BY 1"))
        .containsExactly(List.of("ip_a", "384"), List.of("ip_b", "384"));
  }

  @Test
  void aDuplicateBringsNothingBackThatWasErased() throws Exception {
    Row row = new Row(UUID.randomUUID(), "ip_a");
    load(List.of(row));
    database.execute("DELETE FROM cameleon.vault");

    load(List.of(row));

    assertThat(database.number("SELECT count(*) FROM cameleon.vault")).isZero();
  }

  @Test
  void aRowThatIsRefusedLeavesNoEntry() {
    database.execute("ALTER TABLE user_logins ADD CHECK (masked_ip <> 'ip_bad')");

    assertThatThrownBy(() -> load(List.of(new Row(UUID.randomUUID(), "ip_bad"))))
        .isInstanceOf(SQLException.class);

    assertThat(database.number("SELECT count(*) FROM cameleon.vault")).isZero();
  }

  @Test
  void aStatementThatWasOnItsWayForTooLongIsRefusedAndLoadsNothing() throws Exception {
    String row =
        "[{\"message_id\":\""
            + UUID.randomUUID()
            + "\",\"event_number\":1,\"sent_at\":\"2026-03-01T12:00:00Z\"}]";
    try (Connection connection = Database.connect(login)) {
      Instant now = Instant.now();
      LoadParameters late =
          new LoadParameters(row, vault.entries().json(Optional.of(now.minusSeconds(31))));
      assertThatThrownBy(() -> statement.run(connection, late))
          .satisfies(e -> assertThat(SqlErrors.state(e)).isEqualTo("CM003"));
      assertThat(database.number("SELECT count(*) FROM cameleon.ingested_message")).isZero();

      LoadParameters inTime =
          new LoadParameters(row, vault.entries().json(Optional.of(now.minusSeconds(10))));
      assertThat(statement.run(connection, inTime)).containsEntry(LoadStatement.LOADED, 1L);
    }
  }

  @Test
  void batchesWithTheSameTokensAtTheSameTimeDoNotDeadlock() throws Exception {
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < 1500; i++) {
      tokens.add("ip_" + i);
    }
    Random random = new Random(42);
    List<Callable<Integer>> batches = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      List<String> shuffled = new ArrayList<>(tokens);
      Collections.shuffle(shuffled, random);
      List<Row> rows =
          shuffled.subList(0, 400).stream()
              .map(token -> new Row(UUID.randomUUID(), token))
              .toList();
      batches.add(() -> load(rows));
    }

    ExecutorService loaders = Executors.newFixedThreadPool(4);
    for (Future<Integer> batch : loaders.invokeAll(batches)) {
      assertThat(batch.get()).isEqualTo(400); // a deadlock would be an exception
    }
    loaders.shutdown();

    assertThat(
            database.number(
                "SELECT count(*) FROM (SELECT DISTINCT masked_ip AS token FROM user_logins) AS used"
                    + " FULL JOIN cameleon.vault USING (token)"
                    + " WHERE entry IS NULL OR used.token IS NULL"))
        .isZero();
  }

  private int load(List<Row> rows) throws Exception {
    List<String> batch = new ArrayList<>();
    VaultEntries entries = vault.entries();
    for (Row row : rows) {
      batch.add(
          String.format(
              "{\"message_id\":\"%s\",\"event_number\":1,\"sent_at\":\"2026-03-01T12:00:00Z\",\"user_id\":\"u\","
                  + "\"app_version\":\"1.0\",\"device_type\":\"ios\",\"ip\":\"%s\"}",
              row.id(), row.token()));
      entries.add(row.id().toString(), List.of(new Original(row.token(), "192.0.2.7")));
    }
    LoadParameters parameters =
        new LoadParameters(batch.toString(), entries.json(Optional.empty()));
    try (Connection connection = Database.connect(login)) {
      return statement.run(connection, parameters).get(LoadStatement.LOADED).intValue();
    }
  }
}

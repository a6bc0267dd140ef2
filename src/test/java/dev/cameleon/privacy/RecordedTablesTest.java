package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.db.Database;
import dev.cameleon.db.LedgerCleanup;
import dev.cameleon.db.LoadedTable;
import dev.cameleon.db.TableRecord;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The record of the tables that each pipeline loads. */
class RecordedTablesTest extends TwoPipelinesFixture {
  @Test
  void aTableThatIsRenamedStopsEveryCommandUntilTheRecordFits() throws Exception {
    site.database().execute("ALTER TABLE shop.orders RENAME TO purchases");
    long entries = site.database().number("SELECT count(*) FROM cameleon.vault");

    assertThatThrownBy(this::prune)
        .isInstanceOf(PreventedException.class)
        .hasMessageContaining("shop.orders, which a pipeline loads, does not exist any more");
    assertThatThrownBy(() -> erase("ada", false, (time, why) -> {}))
        .isInstanceOf(PreventedException.class);
    assertThat(doctor(Doctor.Verdict.WRONG))
        .anyMatch(line -> line.startsWith("tables: shop.orders"));
    assertThat(site.database().number("SELECT count(*) FROM cameleon.vault")).isEqualTo(entries);

    assertThat(
            record(
                "shop.purchases(customer_id), shop.order_items via order_id = shop.purchases.id"))
        .isEmpty();
    try (Connection connection = site.database().connect()) {
      assertThat(TableRecord.remove(connection, "shop.orders")).isEqualTo(1);
    }
    assertThat(prune().entries()).isZero();
    assertThat(erase("ada", false, (time, why) -> {}).rows()).isEqualTo(3 + 2 + 3);
  }

  /** A pipeline is added while the pruning waits: its table is read once the vault is locked. */
  @Test
  void aTableThatIsRecordedDuringAPruningKeepsItsEntries() throws Exception {
    site.database()
        .execute(
            "CREATE TABLE shop.visits (visitor varchar(64), ip text);"
                + " INSERT INTO shop.visits SELECT user_id, masked_ip FROM user_logins;"
                + " DELETE FROM user_logins; DELETE FROM shop.order_items; DELETE FROM shop.orders");
    String kept = site.ip("192.0.2.9");
    try (Erasure erasure =
        Erasure.open(
            officer,
            Duration.ZERO,
            (time, why) -> {
              try (Connection connection = site.database().connect()) {
                new TableRecord("visits", "", LoadedTable.parse("shop.visits(visitor)"), Set.of())
                    .save(connection);
              } catch (java.sql.SQLException e) {
                throw new AssertionError(e);
              }
            })) {
      assertThat(erasure.prune("PRIV-3").entries()).isPositive();
    }
    assertThat(site.reveal(kept)).containsExactly("192.0.2.9");
  }

  @Test
  void aDeclarationThatDoesNotFitTheTablesIsRefusedAndRecordsNothing() throws Exception {
    site.database()
        .execute(
            "CREATE TABLE shop.people (id varchar(64) PRIMARY KEY, short varchar(20), n bigint)");

    assertThat(record("shop.nothing(a)")).singleElement().asString().contains("create it first");
    assertThat(record("shop.people(who)")).singleElement().asString().contains("no column who");
    for (String column : List.of("id", "short", "n")) {
      assertThat(record("shop.people(" + column + ")"))
          .singleElement()
          .asString()
          .contains("write shop.people(" + column + ") delete");
    }
    assertThat(
            site.database()
                .number(
                    "SELECT count(*) FROM cameleon.loaded_table WHERE relation = 'shop.people'"))
        .isZero();
    assertThat(record("shop.people(n) delete")).isEmpty();
    site.database().execute("INSERT INTO shop.people VALUES ('a', 's', 4711), ('b', 's', 4712)");

    assertThat(erase("4711", false, (time, why) -> {}).rows()).isEqualTo(1);

    assertThat(site.database().query("SELECT n FROM shop.people")).containsExactly(List.of("4712"));
  }

  @Test
  void eachPipelineHasALedgerAndMaskedFieldsOfItsOwn() throws Exception {
    assertThat(
            site.database()
                .query(
                    "SELECT pipeline, count(*) FROM cameleon.ingested_message GROUP BY 1 ORDER BY 1"))
        .containsExactly(List.of("login", "5"), List.of("orders", "3"));
    assertThat(
            site.database()
                .query("SELECT pipeline, field FROM cameleon.masked_field ORDER BY 1, 2"))
        .containsExactly(
            List.of("login", "device_id"),
            List.of("login", "ip"),
            List.of("orders", "customer.email"),
            List.of("orders", "ip"),
            List.of("orders", "items.phone"));
    // The id of a message is new to a pipeline that has not loaded it.
    site.database()
        .execute(
            "INSERT INTO cameleon.ingested_message (message_id, pipeline, ingested_at)"
                + " SELECT message_id, 'login', '2020-01-01' FROM cameleon.ingested_message"
                + " WHERE pipeline = 'orders';"
                + " UPDATE cameleon.ingested_message SET ingested_at = '2020-01-01'"
                + " WHERE pipeline = 'orders'");
    order("o1", "ada", "ada@example.org", OWN_IP, "030 1", "030 2");
    assertThat(site.database().number("SELECT count(*) FROM shop.orders")).isEqualTo(3);

    Database.Login owner = new Database.Login(site.database().url(), "postgres", "postgres");
    assertThat(LedgerCleanup.deleteOld(owner, "orders", 30)).isEqualTo(3);

    assertThat(site.database().number("SELECT count(*) FROM cameleon.ingested_message"))
        .isEqualTo(8);
  }
}

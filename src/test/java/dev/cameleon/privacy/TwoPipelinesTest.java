package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.contract.Contract;
import dev.cameleon.contract.PiiKind;
import dev.cameleon.db.Database;
import dev.cameleon.db.LedgerCleanup;
import dev.cameleon.db.LoadedTable;
import dev.cameleon.db.TableRecord;
import dev.cameleon.load.LoadParameters;
import dev.cameleon.load.LoadSql;
import dev.cameleon.load.LoadStatement;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.MaskedRecord;
import dev.cameleon.mask.Masker;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.LoginRole;
import dev.cameleon.vault.SuppressionList;
import dev.cameleon.vault.VaultEntries;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A second pipeline, of orders in two tables, beside the logins: no command misses its rows. */
class TwoPipelinesTest extends ErasureFixture {
  private static final String CONTRACT =
      """
      {"type": "object", "required": ["id"], "properties": {
        "id": {"type": "string"},
        "ip": {"type": "string", "x-pii": "ip"},
        "customer": {"type": "object", "properties": {
          "id": {"type": "string", "x-subject": true},
          "email": {"type": "string", "x-pii": "email"}}},
        "items": {"type": "array", "items": {"type": "object", "properties": {
          "sku": {"type": "string"}, "phone": {"type": "string", "x-pii": "phone"}}}}}}""";

  private static final String LOAD =
      """
      INSERT INTO shop.orders SELECT id, customer ->> 'id', customer ->> 'email', ip FROM event;
      INSERT INTO shop.order_items (order_id, sku, phone)
      SELECT id, i ->> 'sku', i ->> 'phone' FROM event, jsonb_array_elements(items) i""";

  private static final String DECLARED =
      "shop.orders(customer_id), shop.order_items via order_id = shop.orders.id";

  private static final String ALL =
      "SELECT o.id, customer_id, email, ip, sku, phone FROM shop.orders o"
          + " LEFT JOIN shop.order_items ON order_id = o.id ORDER BY o.id, sku";

  private Contract contract;
  private LoadStatement statement;

  @BeforeEach
  void ordersOfTheSamePeople() throws Exception {
    site.database()
        .execute(
            """
            CREATE SCHEMA shop;
            CREATE TABLE shop.orders (id text PRIMARY KEY, customer_id varchar(64), email text, ip text);
            CREATE TABLE shop.order_items (order_id text REFERENCES shop.orders, sku text, phone text)
              PARTITION BY HASH (sku);
            CREATE TABLE shop.items_0 PARTITION OF shop.order_items FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE shop.items_1 PARTITION OF shop.order_items FOR VALUES WITH (MODULUS 2, REMAINDER 1)
            """);
    contract = Contract.read(Files.writeString(folder.resolve("order.json"), CONTRACT));
    statement =
        new LoadStatement(
            LoadSql.read(Files.writeString(folder.resolve("orders.sql"), LOAD)),
            contract,
            "orders");
    record(DECLARED);
    guard();
    order("o1", "ada", "ada@example.org", OWN_IP, "030 1", "030 2");
    order("o2", "ada", "ada@example.org", SHARED_IP, "030 3");
    order("o3", "ben", "ben@example.org", SHARED_IP, "030 1");
  }

  private List<String> record(String tables) throws Exception {
    try (Connection connection = site.database().connect()) {
      return new TableRecord("orders", "customer.id", LoadedTable.parse(tables), Set.of())
          .save(connection);
    }
  }

  private void guard() throws Exception {
    try (Connection connection = site.database().connect()) {
      assertThat(
              new MaskGuard(site.keyset(), contract.personal().kinds(), "orders")
                  .problems(connection, Set.of()))
          .isEmpty();
    }
  }

  private void order(String id, String customer, String email, String ip, String... phones)
      throws Exception {
    ObjectNode event = JsonMapper.builder().build().createObjectNode().put("id", id).put("ip", ip);
    event.putObject("customer").put("id", customer).put("email", email);
    for (String phone : phones) {
      event.withArray("items").addObject().put("sku", "sku" + phone).put("phone", phone);
    }
    Masker masker = new Masker(site.keyset(), contract.personal());
    SuppressionList suppression = new SuppressionList(masker);
    VaultEntries entries = site.vault().entries();
    String message = UUID.nameUUIDFromBytes(id.getBytes(StandardCharsets.UTF_8)).toString();
    try (Connection connection = site.database().connect()) {
      suppression.refresh(connection);
      MaskedRecord record = suppression.apply(masker.mask(event));
      entries.add(message, record.originals());
      statement.run(
          connection,
          new LoadParameters(
              "[{\"message_id\":\"%s\",\"event_number\":1,\"sent_at\":\"2026-01-31T10:00:00Z\",%s]"
                  .formatted(message, record.json().substring(1)),
              entries.json(suppression.databaseTime())));
    }
    entries.committed();
  }

  private String email(String address) {
    return site.masker().token(PiiKind.EMAIL, "email", address);
  }

  private String phone(String number) {
    return site.masker().token(PiiKind.PHONE, "phone", number);
  }

  private Erasure.Pruned prune() throws Exception {
    try (Erasure erasure = Erasure.open(officer, Duration.ZERO, (time, why) -> {})) {
      return erasure.prune("PRIV-2");
    }
  }

  private List<String> doctor(Doctor.Verdict verdict) throws Exception {
    return Doctor.examine(officer).stream()
        .filter(finding -> finding.verdict() == verdict)
        .map(finding -> finding.check() + ": " + finding.detail())
        .toList();
  }

  /** Tokens of any row that are neither random nor in the vault: there must be none, ever. */
  private long tokensWithoutEntry() {
    return site.database()
        .number(
            "SELECT count(*) FROM (SELECT masked_ip FROM user_logins UNION SELECT maked_device_id"
                + " FROM user_logins UNION SELECT ip FROM shop.orders UNION SELECT email FROM"
                + " shop.orders UNION SELECT phone FROM shop.order_items) t (token)"
                + " WHERE token NOT LIKE '%\\_00000000\\_%'"
                + " AND token NOT IN (SELECT token FROM cameleon.vault)");
  }

  @Test
  void pruneKeepsWhatRowsOfTheOtherPipelineUse() throws Exception {
    site.database().execute("DELETE FROM user_logins WHERE user_id = 'ada'");

    Erasure.Pruned pruned = prune();

    assertThat(pruned.entries()).isEqualTo(1); // her device
    assertThat(site.reveal(site.ip(OWN_IP))).containsExactly(OWN_IP);
    assertThat(site.reveal(email("ada@example.org"))).containsExactly("ada@example.org");
    assertThat(site.reveal(phone("030 2"))).containsExactly("030 2");
    assertThat(tokensWithoutEntry()).isZero();
  }

  @Test
  void anErasedPersonGoesFromTheTablesOfBothPipelinesAndOthersStay() throws Exception {
    List<List<String>> others = site.database().query(ROWS_OF_OTHERS);
    List<List<String>> bens = site.database().query(ALL).subList(3, 4);

    ErasureResult done = erase("ada", false, (time, why) -> {});

    assertThat(done.rows()).isEqualTo(3 + 2 + 3);
    assertThat(done.isFinished()).isTrue();
    List<List<String>> rows = site.database().query(ALL);
    assertThat(rows.subList(3, 4)).isEqualTo(bens);
    assertThat(rows.subList(0, 3))
        .allSatisfy(
            row -> {
              assertThat(row.get(1)).matches("[0-9a-f]{8}-[0-9a-f-]{27}");
              assertThat(row.get(2)).startsWith("email_00000000_");
              assertThat(row.get(3)).startsWith("ip_00000000_");
              assertThat(row.get(5)).startsWith("phone_00000000_");
            });
    assertThat(site.database().query(ROWS_OF_OTHERS)).isEqualTo(others);
    assertThat(site.reveal(email("ada@example.org"))).isEmpty();
    assertThat(site.reveal(phone("030 2"))).isEmpty();
    assertThat(site.reveal(site.ip(OWN_IP))).isEmpty();
    assertThat(site.reveal(phone("030 1"))).containsExactly("030 1"); // Ben's too
    assertThat(site.reveal(site.ip(SHARED_IP))).containsExactly(SHARED_IP);
    assertThat(tokensWithoutEntry()).isZero();
  }

  @Test
  void anErasedValueGoesFromTheTablesOfBothPipelines() throws Exception {
    ErasureResult done = eraseTokens(List.of(site.ip(SHARED_IP)));

    assertThat(done.rows()).isEqualTo(3 + 2);
    assertThat(site.reveal(site.ip(SHARED_IP))).isEmpty();
    assertThat(
            site.database()
                .number("SELECT count(*) FROM shop.orders WHERE ip LIKE 'ip\\_00000000\\_%'"))
        .isEqualTo(2);
  }

  @Test
  void whereErasureDeletesThePersonsRowsGoAndTheirChildrenFirst() throws Exception {
    assertThat(
            record(
                "shop.orders(customer_id) delete,"
                    + " shop.order_items via order_id = shop.orders.id delete"))
        .isEmpty();

    assertThat(erase("ada", false, (time, why) -> {}).rows()).isEqualTo(3 + 2 + 3);

    assertThat(site.database().query(ALL)).hasSize(1).allMatch(row -> row.get(1).equals("ben"));
    assertThat(site.reveal(email("ada@example.org"))).isEmpty();
    assertThat(site.reveal(phone("030 1"))).containsExactly("030 1");
    assertThat(tokensWithoutEntry()).isZero();
  }

  @Test
  void aTriggerThatKeepsTheRowsPreventsTheErasure() throws Exception {
    record(
        "shop.orders(customer_id) delete, shop.order_items via order_id = shop.orders.id delete");
    site.database()
        .execute(
            "CREATE FUNCTION shop.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
                + " CREATE TRIGGER keep BEFORE DELETE ON shop.orders FOR EACH ROW EXECUTE FUNCTION"
                + " shop.keep()");
    List<List<String>> before = site.database().query(ALL);

    assertThatThrownBy(() -> erase("ada", false, (time, why) -> {}))
        .isInstanceOf(PreventedException.class)
        .hasMessageContaining("shop.orders still has 2 rows");
    assertThat(site.database().query(ALL)).isEqualTo(before);
  }

  @Test
  void aRotationMovesBothPipelinesAndTheVaultFits() throws Exception {
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));

    retokenize();

    assertThat(site.database().query(ALL).toString())
        .doesNotContain("_11111111_")
        .contains(email("ada@example.org"), phone("030 2"), site.ip(OWN_IP));
    assertThat(site.reveal(email("ada@example.org"))).containsExactly("ada@example.org");
    assertThat(tokensWithoutEntry()).isZero();
    assertThat(doctor(Doctor.Verdict.WRONG)).isEmpty();
    assertThat(doctor(Doctor.Verdict.OK))
        .anyMatch(line -> line.startsWith("rows: shop.orders.email by key: 22222222 3"))
        .anyMatch(line -> line.startsWith("rows: shop.order_items.phone by key: 22222222 4"))
        .contains("no entry: no tokens of rows without a vault entry");
  }

  @Test
  void aPersonsRowsOfBothPipelinesAreRevealed() throws Exception {
    LoginRole revealer = LoginRole.in(site.database(), "cameleon_revealer");
    try (Connection connection = revealer.connect()) {
      Reveal reveal =
          new Reveal(connection, site.key(), Optional.of(site.keyset()), "Art. 15", null);

      List<PersonRow> rows = reveal.rowsOf("ada", 100);
      MaskedColumns masked = reveal.maskedColumns();

      assertThat(
              rows.stream().collect(Collectors.groupingBy(PersonRow::table, Collectors.counting())))
          .isEqualTo(Map.of("public.user_logins", 3L, "shop.orders", 2L, "shop.order_items", 3L));
      assertThat(rows.get(rows.size() - 1).label("sku")).isEqualTo("shop.orders.sku");
      assertThat(masked.fits("email", email("ada@example.org"))).isTrue();
      assertThat(masked.fits("phone", phone("030 1"))).isTrue();
      assertThat(masked.fits("sku", phone("030 1"))).isFalse();
    }
  }

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

  /** The pipeline came while the pruning waited: its table is read once the vault is locked. */
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

package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.contract.Contract;
import dev.cameleon.contract.PiiKind;
import dev.cameleon.db.LoadedTable;
import dev.cameleon.db.TableRecord;
import dev.cameleon.load.LoadParameters;
import dev.cameleon.load.LoadSql;
import dev.cameleon.load.LoadStatement;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.MaskedRecord;
import dev.cameleon.mask.Masker;
import dev.cameleon.vault.SuppressionList;
import dev.cameleon.vault.VaultEntries;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;

/** A second pipeline in addition to the logins: orders in two tables. */
abstract class TwoPipelinesFixture extends ErasureFixture {
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

  static final String ALL =
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

  List<String> record(String tables) throws Exception {
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

  void order(String id, String customer, String email, String ip, String... phones)
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
      MaskedRecord record = suppression.apply(masker.maskEvent(event));
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

  String email(String address) {
    return site.masker().token(PiiKind.EMAIL, "email", address);
  }

  String phone(String number) {
    return site.masker().token(PiiKind.PHONE, "phone", number);
  }

  Erasure.Pruned prune() throws Exception {
    try (Erasure erasure = Erasure.open(officer, Duration.ZERO, (time, why) -> {})) {
      return erasure.prune("PRIV-2");
    }
  }

  List<String> doctor(Doctor.Verdict verdict) throws Exception {
    return Doctor.examine(officer).stream()
        .filter(finding -> finding.verdict() == verdict)
        .map(finding -> finding.check() + ": " + finding.detail())
        .toList();
  }

  /**
   * The number of tokens in rows that are neither random nor in the vault, which must always be 0.
   */
  long tokensWithoutEntry() {
    return site.database()
        .number(
            "SELECT count(*) FROM (SELECT masked_ip FROM user_logins UNION SELECT maked_device_id"
                + " FROM user_logins UNION SELECT ip FROM shop.orders UNION SELECT email FROM"
                + " shop.orders UNION SELECT phone FROM shop.order_items) t (token)"
                + " WHERE token NOT LIKE '%\\_00000000\\_%'"
                + " AND token NOT IN (SELECT token FROM cameleon.vault)");
  }
}

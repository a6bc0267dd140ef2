package dev.cameleon.privacy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.contract.Personal;
import dev.cameleon.contract.PiiKind;
import dev.cameleon.crypto.PrivateKeyFile;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.db.Database;
import dev.cameleon.load.LoadParameters;
import dev.cameleon.load.LoadStatement;
import dev.cameleon.load.Shipped;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.MaskedRecord;
import dev.cameleon.mask.Masker;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Shared;
import dev.cameleon.vault.RecentTokens;
import dev.cameleon.vault.SuppressionList;
import dev.cameleon.vault.Vault;
import dev.cameleon.vault.VaultEntries;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * A database with a vault, and a loader of the shipped {@code load.sql} that the test drives: it
 * remembers tokens for at most 0.6 s, so that tests need not wait a minute.
 */
final class VaultSite {
  /** How long this loader may rely on outdated information. */
  static final Duration MEMORY = Duration.ofMillis(1500);

  private static final Map<String, PiiKind> PERSONAL =
      Map.of("ip", PiiKind.IP, "device_id", PiiKind.DEVICE);
  private static final Duration GENERATION = Duration.ofMillis(200);

  private final TestDatabase database = Shared.postgres().migrated();
  private final LoadStatement statement;
  private final RecipientKey key;
  private final Vault vault;
  private volatile Keyset keyset = FixedKeys.of(0x11111111, 0x0b);
  private volatile Masker masker = new Masker(keyset, Personal.of(PERSONAL, "user_id"));

  VaultSite(Path folder) throws Exception {
    statement = Shipped.statement();
    key = PrivateKeyFile.read(Recipients.add(folder, "anna"));
    vault = new Vault(Recipient.read(folder.resolve("recipients")), new RecentTokens(GENERATION));
    guard();
  }

  TestDatabase database() {
    return database;
  }

  /** The private key of the vault's one recipient. */
  RecipientKey key() {
    return key;
  }

  Vault vault() {
    return vault;
  }

  LoadStatement statement() {
    return statement;
  }

  Keyset keyset() {
    return keyset;
  }

  Masker masker() {
    return masker;
  }

  /** Gives these keys to the site's loader. */
  void use(Keyset keys) throws Exception {
    keyset = keys;
    masker = new Masker(keys, Personal.of(PERSONAL, "user_id"));
    guard();
  }

  private void guard() throws Exception {
    try (Connection connection = database.connect()) {
      new MaskGuard(keyset, PERSONAL).problems(connection, Set.of());
    }
  }

  /** A login with this role of Cameleon. */
  Database.Login login(String role) {
    String user = role + "_of_" + database.name();
    database.execute("CREATE ROLE " + user + " LOGIN IN ROLE " + role);
    return new Database.Login(database.url(), user, "x");
  }

  /** Loads events in one batch, with a fresh suppression list. */
  void load(ObjectNode... events) throws Exception {
    SuppressionList suppression = new SuppressionList(masker);
    try (Connection connection = database.connect()) {
      suppression.refresh(connection);
      load(connection, suppression, events);
    }
  }

  /** Loads events in one batch. */
  void load(Connection connection, SuppressionList suppression, ObjectNode... events)
      throws Exception {
    VaultEntries entries = vault.entries();
    StringBuilder batch = new StringBuilder();
    for (ObjectNode event : events) {
      MaskedRecord record = suppression.apply(masker.maskEvent(event.deepCopy()));
      String id = UUID.randomUUID().toString();
      entries.add(id, record.originals());
      batch.append(batch.length() == 0 ? "[" : ",");
      batch.append("{\"message_id\":\"").append(id);
      batch
          .append("\",\"event_number\":1,\"sent_at\":\"2026-01-31T10:00:00Z\",")
          .append(record.json(), 1, record.json().length());
    }
    statement.run(
        connection,
        new LoadParameters(batch.append(']').toString(), entries.json(suppression.databaseTime())));
    entries.committed();
  }

  /** The current token of an address. */
  String ip(String address) {
    return masker.token(PiiKind.IP, "ip", address);
  }

  /** The current token of a device. */
  String device(String id) {
    return masker.token(PiiKind.DEVICE, "device", id);
  }

  /** The values that the holder of the private key can open for a token. */
  Set<String> reveal(String token) {
    return database
        .query(
            "SELECT entry, encode(sealed, 'hex'), encode(sealed_key, 'hex') FROM cameleon.vault"
                + " JOIN cameleon.sealed_data_key USING (data_key) WHERE token = '"
                + token
                + "'")
        .stream()
        .map(this::open)
        .collect(Collectors.toSet());
  }

  private String open(List<String> row) {
    try {
      byte[] value =
          key.open(
              java.util.HexFormat.of().parseHex(row.get(2)),
              UUID.fromString(row.get(0)),
              java.util.HexFormat.of().parseHex(row.get(1)));
      return new String(value, StandardCharsets.UTF_8);
    } catch (java.security.GeneralSecurityException e) {
      throw new AssertionError("the vault's entry does not open", e);
    }
  }

  /**
   * The number of tokens in rows that are neither random nor in the vault, which must always be 0.
   */
  long tokensWithoutEntry() {
    return database.number(
        "SELECT count(*) FROM (SELECT masked_ip FROM user_logins UNION SELECT maked_device_id FROM"
            + " user_logins) t (token) WHERE token NOT LIKE '%\\_00000000\\_%'"
            + " AND token NOT IN (SELECT token FROM cameleon.vault)");
  }
}

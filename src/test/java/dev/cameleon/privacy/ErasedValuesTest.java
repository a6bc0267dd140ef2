package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.crypto.DataKey;
import dev.cameleon.crypto.Envelope;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.db.Database;
import java.sql.Connection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Values that an erasure could miss: from before Cameleon, in the audit, and of deleted rows. */
class ErasedValuesTest extends ErasureFixture {
  private static final String PLAIN = "203.0.113.99";

  @Test
  void aValueFromBeforeCameleonIsErasedInAnyFormAndNullStaysNull() throws Exception {
    site.database()
        .execute(
            "ALTER TABLE user_logins ADD mail text, ADD remark text; UPDATE user_logins SET mail ="
                + " 'mail_11111111_AAAAAAAAAAAAAAAAAAAAAA' WHERE user_id = 'ben';"
                + " INSERT INTO user_logins (user_id, masked_ip, maked_device_id, mail, remark)"
                + " VALUES ('ada', '"
                + PLAIN
                + "', NULL, 'ada@example.com', 'as it was'),"
                + " ('ada', encode(sha256('"
                + PLAIN
                + "'), 'hex'), 'x', NULL, NULL)");

    erase("ada", false, (time, why) -> {});

    assertThat(
            site.database()
                .query(
                    "SELECT masked_ip LIKE 'ip\\_00000000\\_%', maked_device_id IS NULL,"
                        + " mail LIKE 'x\\_00000000\\_%', remark FROM user_logins"
                        + " WHERE remark IS NOT NULL"))
        .containsExactly(List.of("t", "t", "t", "as it was"));
    assertThat(
            site.database()
                .number(
                    "SELECT count(*) FROM user_logins l, sha256('"
                        + PLAIN
                        + "') h WHERE"
                        + " l::text LIKE '%"
                        + PLAIN
                        + "%' OR l::text LIKE '%example.com%'"
                        + " OR masked_ip = encode(h, 'hex') OR maked_device_id = 'x'"))
        .isZero();
  }

  @Test
  void anEraseThatDiedBeforeTheVaultWasRewrittenIsFinishedByTheNext() throws Exception {
    String grant = " EXECUTE ON FUNCTION cameleon.rewrite_vault(text, integer) ";
    site.database().execute("REVOKE" + grant + "FROM cameleon_officer");
    assertThatThrownBy(() -> erase("ada", false, (time, why) -> {}))
        .hasMessageContaining("rewrite_vault");
    String xmins = "SELECT DISTINCT xmin FROM cameleon.vault";
    List<List<String>> before = site.database().query(xmins);
    site.database().execute("GRANT" + grant + "TO cameleon_officer");

    erase("ada", false, (time, why) -> {});

    assertThat(before).isNotEmpty();
    assertThat(site.database().query(xmins)).hasSize(1).doesNotContainAnyElementsOf(before);
  }

  @Test
  void valuesThatCannotBeErasedAreNamedAndTheNextEraseStillFindsThePerson() throws Exception {
    String everything =
        "SELECT l::text FROM user_logins l UNION ALL SELECT token FROM cameleon.erased_token";
    List<List<String>> before = site.database().query(everything);
    site.database()
        .execute(
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.masked_ip :="
                + " OLD.masked_ip; RETURN NEW; END $$; CREATE TRIGGER keep BEFORE UPDATE ON"
                + " user_logins FOR EACH ROW EXECUTE FUNCTION keep()");

    assertThatThrownBy(() -> erase("ada", false, (time, why) -> failOn(why)))
        .isInstanceOf(PreventedException.class)
        .hasMessageContaining("in masked_ip (3 values)");
    assertThatThrownBy(() -> eraseTokens(List.of(site.ip(OWN_IP))))
        .isInstanceOf(PreventedException.class)
        .hasMessageContaining("in masked_ip (1 values)");
    assertThat(site.database().query(everything))
        .containsAll(before)
        .contains(List.of(site.ip(OWN_IP)))
        .hasSize(before.size() + 1);

    site.database().execute("DROP TRIGGER keep ON user_logins");
    ErasureResult done = erase("ada", false, (time, why) -> {});

    assertThat(done.rows()).isEqualTo(3);
    assertThat(done.isFinished()).isTrue();
    assertThat(site.reveal(site.ip(OWN_IP))).isEmpty();
  }

  @Test
  void theTokenOfAnErasedValueLeavesTheAuditAndTheChainStillVerifies() throws Exception {
    String token = site.ip(OWN_IP);
    String other = site.ip(SHARED_IP);
    try (Connection connection = Database.connect(officer)) {
      Audit.record(connection, new Audit.Act("reveal", token, "why", null, null));
      Audit.record(connection, new Audit.Act("reveal", other, "why", null, null));
    }

    erase("ada", false, (time, why) -> {});

    assertThat(everythingInTheAudit()).doesNotContain(token).contains(other);
    assertThat(
            site.database()
                .query("SELECT seq, erased_by FROM cameleon.acts WHERE erased_by IS NOT NULL"))
        .containsExactly(List.of("2", "5"));
    assertThat(verify().problem()).isEmpty();
    assertThat(verify().erased()).isEqualTo(1);

    site.database().execute("UPDATE cameleon.audit_token SET erased_by = 4 WHERE seq = 2");
    assertThat(verify().problem())
        .contains("the token of row 2 is missing, but no erasure removed it");
    site.database().execute("UPDATE cameleon.audit_token SET erased_by = 5 WHERE seq = 2");
    site.database().execute("DELETE FROM cameleon.audit_token WHERE seq = 3");
    assertThat(verify().problem())
        .contains("the token of row 3 is missing, but no erasure removed it");
  }

  @Test
  void theTokenOfAnEntryCannotBeErasedFromTheAuditAndNobodyCanClaimIt() throws Exception {
    String token = site.ip(SHARED_IP);
    try (Connection connection = Database.connect(officer);
        var statement = connection.createStatement()) {
      Audit.record(connection, new Audit.Act("reveal", token, "why", null, null));
      statement.execute("SELECT cameleon.erase_tokens(ARRAY['" + token + "'])");
      assertThatThrownBy(
              () -> Audit.record(connection, new Audit.Act("erase-tokens", null, null, null, "1")))
          .hasMessageContaining("recorded by what does it");
    }
    assertThat(everythingInTheAudit()).contains(token);
  }

  @Test
  void rowsDeletedByHandLeaveOriginalsThatAPruneDeletes() throws Exception {
    site.database().execute("DELETE FROM user_logins WHERE user_id = 'ada'");
    assertThat(site.reveal(site.ip(OWN_IP))).containsExactly(OWN_IP);

    Erasure.Pruned done = prune((time, why) -> {});

    assertThat(done.entries()).isEqualTo(2);
    assertThat(done.waiting()).isZero();
    assertThat(site.reveal(site.ip(OWN_IP))).isEmpty();
    assertThat(site.reveal(site.device(OWN_DEVICE))).isEmpty();
    assertThat(site.reveal(site.ip(SHARED_IP))).containsExactly(SHARED_IP);
    assertThat(
            site.database()
                .query("SELECT act, ticket, detail FROM cameleon.audit WHERE act <> 'add-key'"))
        .containsExactly(List.of("prune", "T-1", "2 vault entries that no row used"));
    assertThat(everythingInTheAudit()).doesNotContain("_11111111_");
    assertThat(prune((time, why) -> failOn(why)).audit()).isEmpty();
  }

  @Test
  void aRowThatComesWhileAPruneWaitsKeepsItsEntry() throws Exception {
    site.database().execute("DELETE FROM user_logins WHERE user_id = 'ada'");

    Erasure.Pruned done = prune((time, why) -> bring(event("dora", OWN_IP, OWN_DEVICE)));

    assertThat(done.entries()).isZero();
    assertThat(site.tokensWithoutEntry()).isZero();
    assertThat(site.reveal(site.ip(OWN_IP))).containsExactly(OWN_IP);
  }

  @Test
  void aDataKeySealsALimitedNumberOfValuesAndItsNoncesAreNotACounter() throws Exception {
    List<Recipient> nobody = List.of();
    DataKey dataKey = new DataKey(nobody, System.nanoTime() + 1_000_000_000_000L, 100);
    Set<String> nonces = new HashSet<>();
    long ascending = 0;
    String before = "";
    for (int i = 0; i < 100; i++) {
      assertThat(dataKey.isOver(System.nanoTime())).isEqualTo(i >= 50);
      byte[] sealed = dataKey.seal(Envelope.gcm(), UUID.randomUUID(), new byte[1]);
      String nonce = java.util.HexFormat.of().formatHex(sealed, 0, Envelope.NONCE_BYTES);
      ascending += nonce.compareTo(before) > 0 ? 1 : 0;
      nonces.add(nonce);
      before = nonce;
    }

    assertThat(nonces).hasSize(100);
    assertThat(ascending).isBetween(15L, 85L);
    assertThatThrownBy(() -> dataKey.seal(Envelope.gcm(), UUID.randomUUID(), new byte[1]))
        .isInstanceOf(IllegalStateException.class);
  }

  private Erasure.Pruned prune(ProgressPause pause) throws Exception {
    try (Erasure prune = Erasure.open(officer, java.time.Duration.ZERO, pause)) {
      assertThat(prune.lock()).isTrue();
      return prune.prune("T-1");
    }
  }

  private String everythingInTheAudit() {
    return site.database().query("SELECT a::text FROM cameleon.audit a").toString()
        + site.database().query("SELECT a::text FROM cameleon.audit_token a");
  }

  private AuditChain.Findings verify() throws Exception {
    try (Connection connection = Database.connect(officer)) {
      return AuditChain.verify(connection, Optional.empty());
    }
  }
}

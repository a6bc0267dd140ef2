package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.db.Database;
import dev.cameleon.support.FixedKeys;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Erasure despite token-like user ids, triggers that keep values, and hostile officers. */
class HostileErasureTest extends ErasureFixture {
  private static final String TAIL = "AAAAAAAAAAAAAAAAAAAAAA";

  @Test
  void aUserIdThatIsAnothersTokenKeepsNoEntry() throws Exception {
    site.load(event(site.ip(OWN_IP), "192.0.2.77", "777-77-7777"));

    assertThat(erase("ada", false, (time, why) -> {}).entries()).isEqualTo(2);

    assertThat(site.reveal(site.ip(OWN_IP))).isEmpty();
  }

  @Test
  void aUserIdThatIsAnothersTokenKeepsNoEntryFromAPrune() throws Exception {
    site.load(event(site.ip(OWN_IP), "192.0.2.77", "777-77-7777"));
    site.database().execute("DELETE FROM user_logins WHERE user_id = 'ada'");

    try (Erasure prune = Erasure.open(officer, Duration.ZERO, (time, why) -> {})) {
      assertThat(prune.prune("T-1").entries()).isEqualTo(2);
    }
    assertThat(site.reveal(site.ip(OWN_IP))).isEmpty();
  }

  @Test
  void aUserIdInTheFormOfAnOlderTokenBlocksNothingAfterARotation() throws Exception {
    site.load(event("x_11111111_" + TAIL, "192.0.2.77", "777-77-7777"));
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));
    retokenize();

    ErasureResult done = erase("ada", false, (time, why) -> {});

    assertThat(done.rotating()).isFalse();
    assertThat(done.entries()).isEqualTo(2);
  }

  @Test
  void anErasedTokenLeavesTheUserIdsOfOthers() throws Exception {
    String token = site.ip(OWN_IP);
    site.load(event(token, "192.0.2.77", "777-77-7777"));

    eraseTokens(List.of(token));

    assertThat(
            site.database()
                .number("SELECT count(*) FROM user_logins WHERE user_id = '" + token + "'"))
        .isEqualTo(1);
  }

  @Test
  void theAuditLosesAnErasedValuesTokenUnderAnOlderKeyToo() throws Exception {
    String old = site.ip(OWN_IP);
    String shared = site.ip(SHARED_IP);
    record(old);
    record(shared);
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));
    retokenize();
    record(site.ip(OWN_IP));

    erase("ada", false, (time, why) -> {});

    assertThat(tokensInTheAudit()).containsExactly(shared);
  }

  @Test
  void theAuditLosesAnErasedTokenThatNoRowHas() throws Exception {
    String token = site.ip("203.0.113.1");
    record(token);

    try (Erasure erase = Erasure.open(officer, Duration.ZERO, (time, why) -> failOn(why))) {
      assertThat(erase.tokens(List.of(token), Optional.empty(), "PRIV-1").found()).isFalse();
    }

    assertThat(tokensInTheAudit()).isEmpty();
    assertThat(site.database().number("SELECT count(*) FROM cameleon.erased_token")).isZero();
  }

  @Test
  void tokensOfRowsStayInTheAuditEvenWithoutAVault() throws Exception {
    String token = site.ip(SHARED_IP);
    site.database().execute("DELETE FROM cameleon.vault");
    record(token);

    erase(token);
    assertThat(tokensInTheAudit()).containsExactly(token);

    // A token that somebody sends as their user id does not count as used.
    site.database().execute("UPDATE user_logins SET masked_ip = NULL, user_id = '" + token + "'");
    erase(token);
    assertThat(tokensInTheAudit()).isEmpty();
  }

  @Test
  void anUnknownPersonIsNotFoundWhileAnotherErasureIsPending() throws Exception {
    assertThatThrownBy(
            () ->
                erase(
                    "ada",
                    false,
                    (time, why) -> {
                      throw new InterruptedException();
                    }))
        .isInstanceOf(InterruptedException.class);

    // Too early for the tokens of the first erasure.
    ErasureResult none = eraseWithMemory("adda", Duration.ofMinutes(1), (time, why) -> {});

    assertThat(none.found()).isFalse();
    assertThat(none.isFinished()).isFalse();
    assertThat(erase("adda", false, (time, why) -> {}).entries()).isEqualTo(2);
  }

  @Test
  void nothingDatesASuppression() {
    assertThat(
            site.database()
                .query(
                    "SELECT attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
                        + " AND attrelid = 'cameleon.suppressed'::regclass"))
        .containsExactly(List.of("subject"));
  }

  private void record(String token) throws Exception {
    try (Connection connection = Database.connect(officer)) {
      Audit.record(connection, new Audit.Act("reveal", token, "why", null, null));
    }
  }

  private void erase(String token) throws Exception {
    try (Connection connection = Database.connect(officer);
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT cameleon.erase_tokens(ARRAY['" + token + "'])");
    }
  }

  private List<String> tokensInTheAudit() {
    return site
        .database()
        .query("SELECT token FROM cameleon.audit_token WHERE token IS NOT NULL ORDER BY seq")
        .stream()
        .map(row -> row.get(0))
        .toList();
  }
}

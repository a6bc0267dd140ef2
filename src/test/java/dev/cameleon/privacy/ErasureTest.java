package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.db.Database;
import dev.cameleon.mask.Token;
import dev.cameleon.support.FixedKeys;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The traces of an erased person or value, and the data of everybody else. */
class ErasureTest extends ErasureFixture {
  @Test
  void theRowsOfOthersAreUnchangedAndTheirValuesStillOpen() throws Exception {
    List<List<String>> before = site.database().query(ROWS_OF_OTHERS);

    ErasureResult done = erase("ada", false, (time, why) -> {});

    assertThat(done.rows()).isEqualTo(3);
    assertThat(done.entries()).isEqualTo(2);
    assertThat(done.kept()).isEqualTo(2);
    assertThat(done.waiting()).isZero();
    assertThat(done.arriving()).isFalse();
    assertThat(site.database().query(ROWS_OF_OTHERS)).isEqualTo(before).hasSize(2);
    assertThat(site.reveal(site.ip(SHARED_IP))).containsExactly(SHARED_IP);
    assertThat(site.reveal(site.device(SHARED_DEVICE))).containsExactly(SHARED_DEVICE);
    assertThat(site.tokensWithoutEntry()).isZero();
  }

  @Test
  void aHolderOfTheMaskKeyFindsNoRowOfThePersonAndCannotTellWhichBelongTogether() throws Exception {
    erase("ada", true, (time, why) -> {});

    // The attacker knows the key and the person's values.
    for (String token :
        List.of(
            site.ip(SHARED_IP),
            site.ip(OWN_IP),
            site.device(OWN_DEVICE),
            site.device(SHARED_DEVICE))) {
      assertThat(
              site.database()
                  .query(
                      "SELECT user_id FROM user_logins WHERE '"
                          + token
                          + "' IN (masked_ip, maked_device_id) AND user_id NOT IN ('ben', 'cleo')"))
          .isEmpty();
    }
    List<List<String>> random =
        site.database()
            .query(
                "SELECT user_id, masked_ip, maked_device_id FROM user_logins"
                    + " WHERE user_id NOT IN ('ben', 'cleo')");
    assertThat(random).hasSize(3).doesNotContain(List.of("ada"));
    List<String> tails = new ArrayList<>();
    for (List<String> row : random) {
      assertThat(row.get(0)).matches("[0-9a-f]{8}-[0-9a-f-]{27}");
      assertThat(row.get(1)).startsWith("ip_00000000_").matches(Token::isToken);
      assertThat(row.get(2)).startsWith("device_00000000_").matches(Token::isToken);
      row.forEach(value -> tails.add(value.substring(value.length() - 20)));
    }
    assertThat(tails).doesNotHaveDuplicates();
    assertThat(site.reveal(site.device(OWN_DEVICE))).isEmpty();
    assertThat(site.reveal(site.ip(OWN_IP))).isEmpty();
    assertThat(site.database().number("SELECT count(*) FROM cameleon.erased_token")).isZero();
  }

  @Test
  void theDatabaseKeepsTheTicketAndAHashAndNeverTheUserId() throws Exception {
    erase("ada", true, (time, why) -> {});

    String subject = site.masker().subjects("ada").get(0);
    assertThat(
            site.database()
                .query(
                    "SELECT act, token, ticket, actor FROM cameleon.acts"
                        + " WHERE act <> 'add-key'"))
        .containsExactly(Arrays.asList("erase", null, "PRIV-1", officer.user()));
    assertThat(site.database().query("SELECT subject FROM cameleon.suppressed"))
        .containsExactly(List.of(subject));
    // Without the hash, whose random digits may form a name.
    assertThat(
            site.database().query("SELECT to_jsonb(a) - 'hash' FROM cameleon.audit a").toString())
        .contains("PRIV-1")
        .doesNotContain("ada");
  }

  @Test
  void anErasedValueGoesFromEveryRowAndTheVaultAndUsersStay() throws Exception {
    String token = site.ip(SHARED_IP);

    ErasureResult done = eraseTokens(List.of(token));

    assertThat(done.rows()).isEqualTo(3);
    assertThat(done.entries()).isEqualTo(1);
    List<List<String>> rows =
        site.database()
            .query("SELECT user_id, masked_ip FROM user_logins WHERE masked_ip LIKE 'ip\\_0000%'");
    assertThat(rows).extracting(row -> row.get(0)).containsExactlyInAnyOrder("ada", "ada", "ben");
    assertThat(rows).extracting(row -> row.get(1)).doesNotHaveDuplicates();
    assertThat(site.reveal(token)).isEmpty();
    assertThat(site.reveal(site.device(OWN_DEVICE))).containsExactly(OWN_DEVICE);
    assertThat(
            site.database()
                .query("SELECT act, token, ticket FROM cameleon.acts WHERE act <> 'add-key'"))
        .containsExactly(
            Arrays.asList("erase", null, "PRIV-1"), Arrays.asList("erase-tokens", null, null));
  }

  @Test
  void aValueWhoseRowsWereDeletedStillGoesFromTheVault() throws Exception {
    site.database().execute("DELETE FROM user_logins WHERE user_id = 'ada'");

    ErasureResult done = eraseTokens(List.of(site.device(OWN_DEVICE)));

    assertThat(done.found()).isTrue();
    assertThat(done.rows()).isZero();
    assertThat(done.entries()).isEqualTo(1);
  }

  @Test
  void anUnknownPersonOrValueIsNotFoundAndTheRequestIsOnRecord() throws Exception {
    ErasureResult person = erase("nobody", false, (time, why) -> failOn(why));
    ErasureResult value = eraseTokens(List.of(site.ip("203.0.113.1")));

    assertThat(person.found()).isFalse();
    assertThat(value.found()).isFalse();
    assertThat(site.database().number("SELECT count(*) FROM cameleon.audit WHERE act = 'erase'"))
        .isEqualTo(2);
  }

  @Test
  void aReaderErasesNobody() throws Exception {
    Database.Login reader = site.login("cameleon_reader");
    List<List<String>> before = site.database().query("SELECT l::text FROM user_logins l");

    try (Erasure erase = Erasure.open(reader, Duration.ZERO, (time, why) -> {})) {
      assertThatThrownBy(() -> erase.person("ada", site.keyset(), "PRIV-1", false))
          .isInstanceOf(SQLException.class)
          .extracting(failure -> ((SQLException) failure).getSQLState())
          .isEqualTo("42501");
    }
    assertThat(site.database().query("SELECT l::text FROM user_logins l")).isEqualTo(before);
  }

  @Test
  void otherKeysThanTheDatabasesAreFoundOutBeforeAnythingIsWritten() throws Exception {
    try (Erasure erase = Erasure.open(officer, Duration.ZERO, (time, why) -> {})) {
      assertThat(erase.keyProblem(site.keyset())).isEmpty();
      assertThat(erase.keyProblem(FixedKeys.of(0x11111111, 0x0c))).isPresent();
      assertThat(erase.keyProblem(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d))).isPresent();
    }
    assertThat(site.database().number("SELECT count(*) FROM cameleon.mask_key")).isEqualTo(1);
  }

  @Test
  void theWritingTransactionDoesNotRevealWhoseRowsWereErased() throws Exception {
    erase("ada", true, (time, why) -> {});
    erase("ben", true, (time, why) -> {});

    String erased = "user_logins WHERE masked_ip LIKE 'ip\\_00000000\\_%'";
    assertThat(site.database().number("SELECT count(*) FROM " + erased)).isGreaterThan(3);
    assertThat(site.database().query("SELECT DISTINCT xmin::text FROM " + erased)).hasSize(1);
    assertThat(site.database().query("SELECT DISTINCT xmin::text FROM cameleon.suppressed"))
        .isEqualTo(site.database().query("SELECT DISTINCT xmin::text FROM " + erased));
    assertThat(site.database().number("SELECT count(*) FROM cameleon.acts WHERE token <> ''"))
        .isZero();
  }

  @Test
  void aUserIdThatLooksLikeATokenOrIsOfADomainGoesWhole() throws Exception {
    String id = "maria.rossi_1a2b3c4d_AAAAAAAAAAAAAAAAAAAAAA";
    site.load(event(id, OWN_IP, OWN_DEVICE));
    site.database()
        .execute(
            "DROP VIEW cameleon.logins; CREATE DOMAIN person AS varchar(128);"
                + " ALTER TABLE user_logins ALTER user_id TYPE person");

    assertThat(erase(id, false, (time, why) -> {}).rows()).isEqualTo(1);

    assertThat(site.database().number("SELECT count(*) FROM user_logins WHERE user_id ~ 'maria'"))
        .isZero();
    assertThat(
            site.database()
                .number("SELECT count(*) FROM cameleon.erased_token WHERE token ~ 'maria'"))
        .isZero();
  }
}

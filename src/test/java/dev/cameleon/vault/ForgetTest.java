package dev.cameleon.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.load.Database;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.Token;
import dev.cameleon.support.Events;
import dev.cameleon.support.FixedKeys;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a person or a value that was forgotten, and of everybody else. */
class ForgetTest {
  private static final String SHARED_IP = "192.0.2.7";
  private static final String OWN_IP = "192.0.2.8";
  private static final String SHARED_DEVICE = "111-11-1111";
  private static final String OWN_DEVICE = "222-22-2222";
  private static final String ROWS_OF_OTHERS =
      "SELECT l::text FROM user_logins l WHERE user_id IN ('ben', 'cleo') ORDER BY 1";

  private static final String WAITING =
      "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
          + " WHERE datname = current_database() AND relation = 'cameleon.vault'::regclass"
          + " AND NOT granted";

  @TempDir private Path folder;

  private VaultSite site;
  private Database.Login officer;

  /** Ada shares an address with Ben and a device with Cleo, and has one of each of her own. */
  @BeforeEach
  void aPersonAmongOthers() throws Exception {
    site = new VaultSite(folder);
    officer = site.login("cameleon_officer");
    site.load(
        event("ada", SHARED_IP, OWN_DEVICE),
        event("ada", SHARED_IP, OWN_DEVICE),
        event("ada", OWN_IP, SHARED_DEVICE),
        event("ben", SHARED_IP, "333-33-3333"),
        event("cleo", "192.0.2.9", SHARED_DEVICE));
  }

  @Test
  void theRowsOfOthersAreUnchangedAndTheirValuesStillOpen() throws Exception {
    List<List<String>> before = site.database().query(ROWS_OF_OTHERS);

    Forgotten done = forget("ada", false, (time, why) -> {});

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
    forget("ada", true, (time, why) -> {});

    // The attacker knows the key, and whom to look for.
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
    assertThat(site.database().number("SELECT count(*) FROM cameleon.parting_token")).isZero();
  }

  @Test
  void theDatabaseKeepsTheTicketAndAHashAndNeverTheUserId() throws Exception {
    forget("ada", true, (time, why) -> {});

    String subject = site.masker().subjects("ada").get(0);
    assertThat(site.database().query("SELECT act, token, ticket, actor FROM cameleon.audit"))
        .containsExactly(Arrays.asList("forget", null, "PRIV-1", officer.user()));
    assertThat(site.database().query("SELECT subject FROM cameleon.suppressed"))
        .containsExactly(List.of(subject));
    assertThat(site.database().query("SELECT a::text FROM cameleon.audit a").toString())
        .doesNotContain("ada");
  }

  @Test
  void whatASlowLoaderBringsMeanwhileIsForgottenToo() throws Exception {
    List<Duration> waits = new ArrayList<>();
    Forgotten done =
        forget(
            "ada",
            true,
            (time, why) -> {
              if (waits.isEmpty()) {
                unaware(event("ada", OWN_IP, OWN_DEVICE));
              }
              waits.add(time);
            });

    assertThat(waits).hasSize(2).allMatch(time -> time.compareTo(Duration.ZERO) > 0);
    assertThat(done.rows()).isEqualTo(4);
    assertThat(done.arriving()).isFalse();
    assertThat(site.database().number("SELECT count(*) FROM user_logins WHERE user_id = 'ada'"))
        .isZero();
    assertThat(site.reveal(site.device(OWN_DEVICE))).isEmpty();
  }

  @Test
  void laterEventsOfASuppressedPersonAreLoadedUnderRandomValuesAndNotStored() throws Exception {
    forget("ada", true, (time, why) -> {});

    site.load(event("ada", OWN_IP, OWN_DEVICE), event("ada", OWN_IP, OWN_DEVICE));

    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(7);
    assertThat(
            site.database()
                .number(
                    "SELECT count(DISTINCT user_id) FROM user_logins"
                        + " WHERE maked_device_id LIKE 'device\\_00000000\\_%'"))
        .isEqualTo(5);
    assertThat(site.reveal(site.device(OWN_DEVICE))).isEmpty();
    assertThat(site.reveal(site.ip(OWN_IP))).isEmpty();
  }

  @Test
  void anEntryStaysIfALoadInFlightCountsOnIt() throws Exception {
    try (Connection loader = site.database().connect()) {
      loader.setAutoCommit(false);
      site.load(loader, new Suppression(site.masker()), event("dora", "192.0.2.10", OWN_DEVICE));
      CompletableFuture<Forgotten> forgetting =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return forget("ada", false, (time, why) -> {});
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      Awaitility.await().until(() -> forgetting.isDone() || site.database().number(WAITING) > 0);
      loader.commit();

      Forgotten done = forgetting.get(60, TimeUnit.SECONDS);

      assertThat(done.entries()).isEqualTo(1);
      assertThat(done.kept()).isEqualTo(3);
    }
    assertThat(site.reveal(site.device(OWN_DEVICE))).containsExactly(OWN_DEVICE);
    assertThat(site.tokensWithoutEntry()).isZero();
  }

  @Test
  void aPersonWhoKeepsArrivingIsReportedAndNothingThatALoaderMayRelyOnIsDeleted() throws Exception {
    Forgotten done =
        forgetWithMemory(
            "ada", Duration.ofMinutes(1), (time, why) -> bring(event("ada", OWN_IP, OWN_DEVICE)));

    assertThat(done.arriving()).isTrue();
    assertThat(done.rows()).isEqualTo(6);
    assertThat(done.waiting()).isEqualTo(4);
    assertThat(site.reveal(site.device(OWN_DEVICE))).containsExactly(OWN_DEVICE);
  }

  @Test
  void anInterruptedForgetIsFinishedByTheNext() throws Exception {
    assertThatThrownBy(
            () ->
                forget(
                    "ada",
                    false,
                    (time, why) -> {
                      throw new InterruptedException("the machine is switched off");
                    }))
        .isInstanceOf(InterruptedException.class);
    assertThat(site.database().number("SELECT count(*) FROM user_logins WHERE user_id = 'ada'"))
        .isZero();
    assertThat(site.reveal(site.device(OWN_DEVICE))).containsExactly(OWN_DEVICE);

    Forgotten done = forget("ada", false, (time, why) -> {});

    assertThat(done.found()).isTrue();
    assertThat(done.rows()).isZero();
    assertThat(done.entries()).isEqualTo(2);
    assertThat(done.kept()).isEqualTo(2);
    assertThat(site.reveal(site.device(OWN_DEVICE))).isEmpty();
    assertThat(site.reveal(site.ip(SHARED_IP))).containsExactly(SHARED_IP);
  }

  @Test
  void aForgottenValueGoesFromEveryRowAndTheVaultAndUsersStay() throws Exception {
    String token = site.ip(SHARED_IP);

    Forgotten done = forgetTokens(List.of(token));

    assertThat(done.rows()).isEqualTo(3);
    assertThat(done.entries()).isEqualTo(1);
    List<List<String>> rows =
        site.database()
            .query("SELECT user_id, masked_ip FROM user_logins WHERE masked_ip LIKE 'ip\\_0000%'");
    assertThat(rows).extracting(row -> row.get(0)).containsExactlyInAnyOrder("ada", "ada", "ben");
    assertThat(rows).extracting(row -> row.get(1)).doesNotHaveDuplicates();
    assertThat(site.reveal(token)).isEmpty();
    assertThat(site.reveal(site.device(OWN_DEVICE))).containsExactly(OWN_DEVICE);
    assertThat(site.database().query("SELECT act, token, ticket FROM cameleon.audit"))
        .containsExactly(List.of("forget", token, "PRIV-1"));
  }

  @Test
  void aValueWhoseRowsWereDeletedStillGoesFromTheVault() throws Exception {
    site.database().execute("DELETE FROM user_logins WHERE user_id = 'ada'");

    Forgotten done = forgetTokens(List.of(site.device(OWN_DEVICE)));

    assertThat(done.found()).isTrue();
    assertThat(done.rows()).isZero();
    assertThat(done.entries()).isEqualTo(1);
  }

  @Test
  void whatIsUnknownIsNotFoundAndIsOnRecord() throws Exception {
    Forgotten person = forget("nobody", false, (time, why) -> failOn(why));
    Forgotten value = forgetTokens(List.of(site.ip("203.0.113.1")));

    assertThat(person.found()).isFalse();
    assertThat(value.found()).isFalse();
    assertThat(site.database().number("SELECT count(*) FROM cameleon.audit")).isEqualTo(2);
  }

  @Test
  void onlyOneRunsAtATime() throws Exception {
    try (Forget second = Forget.open(officer, Duration.ZERO, (time, why) -> {})) {
      try (Forget first = Forget.open(officer, Duration.ZERO, (time, why) -> {})) {
        assertThat(first.lock()).isTrue();
        assertThat(second.lock()).isFalse();
      }
      Awaitility.await().until(second::lock);
    }
  }

  @Test
  void aReaderForgetsNobody() throws Exception {
    Database.Login reader = site.login("cameleon_reader");
    List<List<String>> before = site.database().query("SELECT l::text FROM user_logins l");

    try (Forget forget = Forget.open(reader, Duration.ZERO, (time, why) -> {})) {
      assertThatThrownBy(() -> forget.person("ada", site.keyset(), "PRIV-1", false))
          .isInstanceOf(SQLException.class)
          .extracting(failure -> ((SQLException) failure).getSQLState())
          .isEqualTo("42501");
    }
    assertThat(site.database().query("SELECT l::text FROM user_logins l")).isEqualTo(before);
  }

  @Test
  void otherKeysThanTheDatabasesAreFoundOutBeforeAnythingIsWritten() throws Exception {
    try (Forget forget = Forget.open(officer, Duration.ZERO, (time, why) -> {})) {
      assertThat(forget.keyProblem(site.keyset())).isEmpty();
      assertThat(forget.keyProblem(FixedKeys.of(0x11111111, 0x0c))).isPresent();
      assertThat(forget.keyProblem(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d))).isPresent();
    }
    assertThat(site.database().number("SELECT count(*) FROM cameleon.mask_check")).isEqualTo(1);
  }

  @Test
  void duringARotationNothingGoesAndAfterItOldAndNewTokensDo() throws Exception {
    String old = site.device(OWN_DEVICE);
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));
    site.load(event("ada", OWN_IP, OWN_DEVICE));
    String renewed = site.device(OWN_DEVICE);

    Forgotten done = forget("ada", true, (time, why) -> {});

    assertThat(done.rotating()).isTrue();
    assertThat(done.entries()).isZero();
    assertThat(site.database().query("SELECT token FROM cameleon.parting_token"))
        .contains(List.of(old), List.of(renewed));
    assertThat(site.tokensWithoutEntry()).isZero();

    rewrap();
    forget("ada", true, (time, why) -> {});

    assertThat(site.reveal(old)).isEmpty();
    assertThat(site.reveal(renewed)).isEmpty();
    assertThat(site.database().query("SELECT token FROM cameleon.parting_token")).isEmpty();
    assertThat(site.tokensWithoutEntry()).isZero();
  }

  @Test
  void anEntryThatARowCountsOnUnderAnOlderTokenStaysUntilTheRotationHasEnded() throws Exception {
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));
    // A rewrap that died: ada's rows and the entries are renamed, ben's row came after that.
    for (List<String> row : site.database().query("SELECT token FROM cameleon.vault")) {
      String renewed = site.masker().renew(row.get(0));
      for (String change :
          List.of(
              "cameleon.vault SET token = '%2$s' WHERE token = '%1$s'",
              "user_logins SET masked_ip = '%2$s' WHERE masked_ip = '%1$s' AND user_id = 'ada'",
              "user_logins SET maked_device_id = '%2$s' WHERE maked_device_id = '%1$s'"
                  + " AND user_id = 'ada'")) {
        site.database().execute("UPDATE " + change.formatted(row.get(0), renewed));
      }
    }

    assertThat(forget("ada", false, (time, why) -> {}).rotating()).isTrue();
    rewrap();

    assertThat(site.reveal(site.ip(SHARED_IP))).containsExactly(SHARED_IP);
    assertThat(site.tokensWithoutEntry()).isZero();
  }

  @Test
  void whoIsSuppressedInARotationIsSoForLoadersWithTheOlderKeyToo() throws Exception {
    Keyset older = site.keyset();
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));
    forget("ada", true, (time, why) -> {});

    site.use(older);
    site.load(event("ada", OWN_IP, OWN_DEVICE));

    assertThat(site.database().number("SELECT count(*) FROM user_logins WHERE user_id = 'ada'"))
        .isZero();
  }

  @Test
  void whoseRowsWereForgottenIsNotToldByTheTransactionThatWroteThem() throws Exception {
    forget("ada", true, (time, why) -> {});
    forget("ben", true, (time, why) -> {});

    String erased = "user_logins WHERE masked_ip LIKE 'ip\\_00000000\\_%'";
    assertThat(site.database().number("SELECT count(*) FROM " + erased)).isGreaterThan(3);
    assertThat(site.database().query("SELECT DISTINCT xmin::text FROM " + erased)).hasSize(1);
    assertThat(site.database().query("SELECT DISTINCT xmin::text FROM cameleon.suppressed"))
        .isEqualTo(site.database().query("SELECT DISTINCT xmin::text FROM " + erased));
    assertThat(site.database().number("SELECT count(*) FROM cameleon.audit WHERE token <> ''"))
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

    assertThat(forget(id, false, (time, why) -> {}).rows()).isEqualTo(1);

    assertThat(site.database().number("SELECT count(*) FROM user_logins WHERE user_id ~ 'maria'"))
        .isZero();
    assertThat(
            site.database()
                .number("SELECT count(*) FROM cameleon.parting_token WHERE token ~ 'maria'"))
        .isZero();
  }

  @Test
  void anOldTokenGoesWithWhatItHasBecomeInARotation() throws Exception {
    String old = site.device(OWN_DEVICE);
    try (Forget forget = Forget.open(officer, Duration.ZERO, (time, why) -> {})) {
      assertThat(forget.needsKeys(List.of(old))).isFalse();
    }
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));
    site.load(event("ada", OWN_IP, OWN_DEVICE));

    try (Forget forget = Forget.open(officer, Duration.ZERO, (time, why) -> {})) {
      assertThat(forget.needsKeys(List.of(old))).isTrue();
      assertThat(forget.tokens(List.of(old), Optional.of(site.keyset()), "PRIV-1").rows())
          .isEqualTo(3);
      assertThat(
              site.database()
                  .number(
                      "SELECT count(*) FROM user_logins WHERE maked_device_id IN"
                          + " ('"
                          + old
                          + "', '"
                          + site.device(OWN_DEVICE)
                          + "')"))
          .isZero();
    }
  }

  @Test
  void aPersonWhoWasSuppressedUnderAnOlderKeyStaysSo() throws Exception {
    forget("ada", true, (time, why) -> {});
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));

    site.load(event("ada", OWN_IP, OWN_DEVICE));

    assertThat(site.database().number("SELECT count(*) FROM user_logins WHERE user_id = 'ada'"))
        .isZero();
    assertThat(site.reveal(site.device(OWN_DEVICE))).isEmpty();
  }

  private void rewrap() throws Exception {
    try (Connection connection = Database.connect(officer)) {
      Rewrap.begin(connection, site.keyset()).orElseThrow().run((step, done, all, unit) -> {});
    }
  }

  private Forgotten forget(String user, boolean suppress, Pause pause) throws Exception {
    try (Forget forget = Forget.open(officer, Duration.ZERO, pause)) {
      return forget.person(user, site.keyset(), "PRIV-1", suppress);
    }
  }

  private Forgotten forgetWithMemory(String user, Duration memory, Pause pause) throws Exception {
    try (Forget forget = Forget.open(officer, memory, pause)) {
      return forget.person(user, site.keyset(), "PRIV-1", false);
    }
  }

  private Forgotten forgetTokens(List<String> tokens) throws Exception {
    try (Forget forget = Forget.open(officer, Duration.ZERO, (time, why) -> {})) {
      return forget.tokens(tokens, Optional.empty(), "PRIV-1");
    }
  }

  /** A loader that asked who is suppressed before the person was. */
  private void unaware(ObjectNode event) {
    try (var connection = site.database().connect()) {
      site.load(connection, new Suppression(site.masker()), event);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private void bring(ObjectNode event) {
    try {
      site.load(event);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void failOn(String why) {
    throw new AssertionError("nothing is to be waited for, but: " + why);
  }

  private static ObjectNode event(String user, String ip, String device) {
    return Events.login(1).put("user_id", user).put("ip", ip).put("device_id", device);
  }
}

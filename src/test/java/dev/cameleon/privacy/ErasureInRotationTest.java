package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.mask.Keyset;
import dev.cameleon.support.FixedKeys;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Erasure while the mask key changes. */
class ErasureInRotationTest extends ErasureFixture {
  @Test
  void nothingIsDeletedDuringARotationAndOldAndNewTokensAfterIt() throws Exception {
    String old = site.device(OWN_DEVICE);
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));
    site.load(event("ada", OWN_IP, OWN_DEVICE));
    String renewed = site.device(OWN_DEVICE);

    ErasureResult done = erase("ada", true, (time, why) -> {});

    assertThat(done.rotating()).isTrue();
    assertThat(done.entries()).isZero();
    assertThat(site.database().query("SELECT token FROM cameleon.erased_token"))
        .contains(List.of(old), List.of(renewed));
    assertThat(site.tokensWithoutEntry()).isZero();

    retokenize();
    erase("ada", true, (time, why) -> {});

    assertThat(site.reveal(old)).isEmpty();
    assertThat(site.reveal(renewed)).isEmpty();
    assertThat(site.database().query("SELECT token FROM cameleon.erased_token")).isEmpty();
    assertThat(site.tokensWithoutEntry()).isZero();
  }

  @Test
  void anEntryThatARowCountsOnUnderAnOlderTokenStaysUntilTheRotationHasEnded() throws Exception {
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));
    // A retokenization that died: Ada's rows and the entries are rewritten, Ben's row came after
    // that.
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

    assertThat(erase("ada", false, (time, why) -> {}).rotating()).isTrue();
    retokenize();

    assertThat(site.reveal(site.ip(SHARED_IP))).containsExactly(SHARED_IP);
    assertThat(site.tokensWithoutEntry()).isZero();
  }

  @Test
  void aPersonSuppressedDuringARotationIsSuppressedForLoadersWithTheOlderKeyToo() throws Exception {
    Keyset older = site.keyset();
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));
    erase("ada", true, (time, why) -> {});

    site.use(older);
    site.load(event("ada", OWN_IP, OWN_DEVICE));

    assertThat(site.database().number("SELECT count(*) FROM user_logins WHERE user_id = 'ada'"))
        .isZero();
  }

  @Test
  void anOldTokenIsErasedTogetherWithItsNewerForm() throws Exception {
    String old = site.device(OWN_DEVICE);
    try (Erasure erase = Erasure.open(officer, Duration.ZERO, (time, why) -> {})) {
      assertThat(erase.needsKeys(List.of(old))).isFalse();
    }
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));
    site.load(event("ada", OWN_IP, OWN_DEVICE));

    try (Erasure erase = Erasure.open(officer, Duration.ZERO, (time, why) -> {})) {
      assertThat(erase.needsKeys(List.of(old))).isTrue();
      assertThat(erase.tokens(List.of(old), Optional.of(site.keyset()), "PRIV-1").rows())
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
    erase("ada", true, (time, why) -> {});
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));

    site.load(event("ada", OWN_IP, OWN_DEVICE));

    assertThat(site.database().number("SELECT count(*) FROM user_logins WHERE user_id = 'ada'"))
        .isZero();
    assertThat(site.reveal(site.device(OWN_DEVICE))).isEmpty();
  }
}

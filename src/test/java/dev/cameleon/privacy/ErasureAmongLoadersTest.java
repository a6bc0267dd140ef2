package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.vault.SuppressionList;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Erasure while loaders run, while another erase runs, and after an interrupted one. */
class ErasureAmongLoadersTest extends ErasureFixture {
  @Test
  void rowsThatASlowLoaderAddsMeanwhileAreErasedToo() throws Exception {
    List<Duration> waits = new ArrayList<>();
    ErasureResult done =
        erase(
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
    erase("ada", true, (time, why) -> {});

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
      site.load(
          loader, new SuppressionList(site.masker()), event("dora", "192.0.2.10", OWN_DEVICE));
      CompletableFuture<ErasureResult> erasing = eraseInBackground((time, why) -> {});
      Awaitility.await().until(() -> erasing.isDone() || site.database().number(WAITING) > 0);
      loader.commit();

      ErasureResult done = erasing.get(60, TimeUnit.SECONDS);

      assertThat(done.entries()).isEqualTo(1);
      assertThat(done.kept()).isEqualTo(3);
    }
    assertThat(site.reveal(site.device(OWN_DEVICE))).containsExactly(OWN_DEVICE);
    assertThat(site.tokensWithoutEntry()).isZero();
  }

  /** The login's own lock_timeout does not count, because loads would queue behind it. */
  @Test
  void anEraseThatWaitsForALoadLetsOthersLoadFromTimeToTime() throws Exception {
    site.database().execute("ALTER ROLE " + officer.user() + " SET lock_timeout = '1h'");
    try (Connection loader = site.database().connect()) {
      loader.setAutoCommit(false);
      site.load(
          loader, new SuppressionList(site.masker()), event("dora", "192.0.2.10", OWN_DEVICE));
      CompletableFuture<ErasureResult> erasing =
          eraseInBackground(
              (time, why) -> {
                if (why.equals("running loads have ended")) {
                  end(loader);
                }
              });

      assertThat(erasing.get(60, TimeUnit.SECONDS).entries()).isEqualTo(2);
    }
  }

  private CompletableFuture<ErasureResult> eraseInBackground(ProgressPause pause) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return erase("ada", false, pause);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static void end(Connection loader) {
    try {
      loader.rollback();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aPersonWhoKeepsArrivingIsReportedAndNothingThatALoaderMayRelyOnIsDeleted() throws Exception {
    ErasureResult done =
        eraseWithMemory(
            "ada", Duration.ofMinutes(1), (time, why) -> bring(event("ada", OWN_IP, OWN_DEVICE)));

    assertThat(done.arriving()).isTrue();
    assertThat(done.rows()).isEqualTo(6);
    assertThat(done.waiting()).isEqualTo(4);
    assertThat(site.reveal(site.device(OWN_DEVICE))).containsExactly(OWN_DEVICE);
  }

  @Test
  void anInterruptedEraseIsFinishedByTheNext() throws Exception {
    assertThatThrownBy(
            () ->
                erase(
                    "ada",
                    false,
                    (time, why) -> {
                      throw new InterruptedException("the machine is switched off");
                    }))
        .isInstanceOf(InterruptedException.class);
    assertThat(site.database().number("SELECT count(*) FROM user_logins WHERE user_id = 'ada'"))
        .isZero();
    assertThat(site.reveal(site.device(OWN_DEVICE))).containsExactly(OWN_DEVICE);

    ErasureResult done = erase("ada", false, (time, why) -> {});

    assertThat(done.found()).isTrue();
    assertThat(done.rows()).isZero();
    assertThat(done.entries()).isEqualTo(2);
    assertThat(done.kept()).isEqualTo(2);
    assertThat(site.reveal(site.device(OWN_DEVICE))).isEmpty();
    assertThat(site.reveal(site.ip(SHARED_IP))).containsExactly(SHARED_IP);
  }

  @Test
  void onlyOneRunsAtATime() throws Exception {
    try (Erasure second = Erasure.open(officer, Duration.ZERO, (time, why) -> {})) {
      try (Erasure first = Erasure.open(officer, Duration.ZERO, (time, why) -> {})) {
        assertThat(first.lock()).isTrue();
        assertThat(second.lock()).isFalse();
      }
      Awaitility.await().until(second::lock);
    }
  }
}

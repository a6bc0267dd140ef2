package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The sessions that {@link Retokenization} waits for, and when it gives up. */
class RetokenizationAmongOthersTest extends RetokenizationFixture {
  @Test
  void aRowThatWasBeingLoadedAtTheRetirementIsRewrittenToo() throws Exception {
    beginWithTheFirstKey();
    try (Connection loader = database.connect();
        Statement load = loader.createStatement()) {
      loader.setAutoCommit(false);
      load.execute("SET cameleon.mask_key = '00000001'");
      load.execute("INSERT INTO cameleon.ingested_message VALUES (gen_random_uuid())");
      CompletableFuture<RetokenizationResult> running = start(SECOND, SMALL);
      Awaitility.await().until(this::somebodyWaitsForALock);
      load.execute(row("late", ip(FIRST, 1), null));
      load.execute(entry(ip(FIRST, 1)));
      loader.commit();

      assertThat(running.get().rows()).isEqualTo(1);
    }
    assertThat(database.query("SELECT masked_ip FROM user_logins"))
        .containsExactly(List.of(ip(SECOND, 1)));
    assertThat(vaultHas(ip(SECOND, 1))).isTrue();
  }

  @Test
  void aRowThatSomebodyHasLockedIsWaitedFor() throws Exception {
    beginWithTheFirstKey();
    database.execute(row("u", ip(FIRST, 1), null));
    try (Connection other = database.connect();
        Statement update = other.createStatement()) {
      other.setAutoCommit(false);
      update.execute("UPDATE user_logins SET locale = 'DE'");
      CompletableFuture<RetokenizationResult> running = start(SECOND, SMALL);
      Awaitility.await().until(this::somebodyWaitsForALock);
      other.commit();

      running.get();
    }
    assertThat(database.query("SELECT masked_ip, locale FROM user_logins"))
        .containsExactly(List.of(ip(SECOND, 1), "DE"));
  }

  @Test
  void aLockHeldForTooLongEndsItAndNothingIsRetired() throws Exception {
    beginWithTheFirstKey();
    database.execute(row("u", ip(FIRST, 1), null));
    Retokenization.Sizes impatient = new Retokenization.Sizes(1, 3, Duration.ofMillis(300));
    try (Connection other = database.connect();
        Statement update = other.createStatement()) {
      other.setAutoCommit(false);
      update.execute("UPDATE user_logins SET locale = 'DE'");

      assertThatThrownBy(() -> retokenize(SECOND, impatient))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55P03"));
    }
    assertThat(database.number("SELECT count(retired_at) FROM cameleon.mask_key")).isZero();
  }

  @Test
  void tokensThatKeepReappearingAreReportedInsteadOfRewrittenForEver() throws Exception {
    beginWithTheFirstKey();
    database.execute(row("u", ip(FIRST, 1), null));
    database.execute(
        """
        CREATE FUNCTION put_back() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RETURN OLD; END $$;
        CREATE TRIGGER put_back BEFORE UPDATE ON user_logins
          FOR EACH ROW EXECUTE FUNCTION put_back()
        """);

    assertThatThrownBy(() -> retokenize(SECOND))
        .isInstanceOf(PreventedException.class)
        .hasMessageContaining("public.user_logins");
  }

  @Test
  void onlyOneRunsAtATime() throws Exception {
    beginWithTheFirstKey();
    try (Connection two = database.connect()) {
      try (Connection one = database.connect()) {
        assertThat(Retokenization.begin(one, SECOND)).isPresent();
        assertThat(Retokenization.begin(two, SECOND)).isEmpty();
      }
      Awaitility.await().until(() -> Retokenization.begin(two, SECOND).isPresent());
    }
  }

  private boolean somebodyWaitsForALock() {
    return database.number(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                + " AND datname = current_database()")
        > 0;
  }
}

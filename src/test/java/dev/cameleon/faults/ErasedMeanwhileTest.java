package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.PiiKind;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.Masker;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events in flight of a person who is erased meanwhile are not loaded with the original values. */
class ErasedMeanwhileTest {
  @TempDir private Path folder;

  @Test
  void anEventThatWaitedOutAnOutageIsLoadedAsItMustBeNow() throws Exception {
    Recipients.add(folder, "anna");
    Site site =
        Site.in(folder).with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString());
    site.migrate();
    Masker masker = new Masker(Keyset.read(folder.resolve("mask.json")), Map.of());

    try (Run run = Run.on(site)) {
      Awaitility.await().until(() -> run.health().ready().up());
      site.database().execute("ALTER TABLE user_logins RENAME TO user_logins_away");
      site.queues().send(Events.bodies(3));
      // In flight: the failed attempt had everybody's true values.
      Awaitility.await()
          .until(
              () -> run.account().inFlight() == 3 && run.health().ready().problems().size() == 1);
      site.database()
          .execute(
              "INSERT INTO cameleon.suppressed (subject) VALUES ('"
                  + masker.subjects("user-1").get(0)
                  + "')");
      // A probe that read the suppression list earlier must not be the one that succeeds.
      Awaitility.await()
          .during(Duration.ofSeconds(3))
          .atMost(Duration.ofSeconds(30))
          .until(() -> !run.health().ready().up());
      site.database().execute("ALTER TABLE user_logins_away RENAME TO user_logins");
      run.await(Outcome.LOADED, 3);
    }

    assertThat(count("user_logins WHERE user_id IN ('user-0', 'user-2')", site)).isEqualTo(2);
    assertThat(count("user_logins WHERE user_id = 'user-1'", site)).isZero();
    assertThat(
            count(
                "user_logins WHERE masked_ip LIKE 'ip\\_00000000\\_%'"
                    + " AND maked_device_id LIKE 'device\\_00000000\\_%' AND device_type = 'android'",
                site))
        .isEqualTo(1);
    String address = masker.token(PiiKind.IP, "ip", Events.login(1).get("ip").asText());
    assertThat(count("user_logins WHERE masked_ip = '" + address + "'", site)).isZero();
    assertThat(count("cameleon.vault WHERE token = '" + address + "'", site)).isZero();
    assertThat(count("cameleon.vault", site)).isEqualTo(4);
  }

  private static long count(String from, Site site) {
    return site.database().number("SELECT count(*) FROM " + from);
  }
}

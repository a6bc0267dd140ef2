package dev.cameleon.privacy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.db.Database;
import dev.cameleon.support.Events;
import dev.cameleon.vault.SuppressionList;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A person, Ada, among others, and an officer who erases. */
abstract class ErasureFixture {
  static final String SHARED_IP = "192.0.2.7";
  static final String OWN_IP = "192.0.2.8";
  static final String SHARED_DEVICE = "111-11-1111";
  static final String OWN_DEVICE = "222-22-2222";
  static final String ROWS_OF_OTHERS =
      "SELECT l::text FROM user_logins l WHERE user_id IN ('ben', 'cleo') ORDER BY 1";

  static final String WAITING =
      "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
          + " WHERE datname = current_database() AND relation = 'cameleon.vault'::regclass"
          + " AND NOT granted";

  @TempDir Path folder;

  VaultSite site;
  Database.Login officer;

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

  void retokenize() throws Exception {
    try (Connection connection = Database.connect(officer)) {
      Retokenization.begin(connection, site.keyset())
          .orElseThrow()
          .run((step, done, all, unit) -> {});
    }
  }

  ErasureResult erase(String user, boolean suppress, ProgressPause pause) throws Exception {
    try (Erasure erase = Erasure.open(officer, Duration.ZERO, pause)) {
      return erase.person(user, site.keyset(), "PRIV-1", suppress);
    }
  }

  ErasureResult eraseWithMemory(String user, Duration memory, ProgressPause pause)
      throws Exception {
    try (Erasure erase = Erasure.open(officer, memory, pause)) {
      return erase.person(user, site.keyset(), "PRIV-1", false);
    }
  }

  ErasureResult eraseTokens(List<String> tokens) throws Exception {
    try (Erasure erase = Erasure.open(officer, Duration.ZERO, (time, why) -> {})) {
      return erase.tokens(tokens, Optional.empty(), "PRIV-1");
    }
  }

  /** Loads an event with a suppression list from before the person was suppressed. */
  void unaware(ObjectNode event) {
    try (var connection = site.database().connect()) {
      site.load(connection, new SuppressionList(site.masker()), event);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  void bring(ObjectNode event) {
    try {
      site.load(event);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static void failOn(String why) {
    throw new AssertionError("nothing is to be waited for, but: " + why);
  }

  static ObjectNode event(String user, String ip, String device) {
    return Events.login(1).put("user_id", user).put("ip", ip).put("device_id", device);
  }
}

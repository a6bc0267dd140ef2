package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.db.LoadedTable;
import dev.cameleon.db.TableRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;

/** Tables that a test creates in its own schema. */
abstract class TablesFixture extends ErasureFixture {
  String ada;
  String shared;

  @BeforeEach
  void schema() {
    site.database().execute("CREATE SCHEMA shop");
    ada = site.ip(OWN_IP);
    shared = site.ip(SHARED_IP);
  }

  List<String> record(String pipeline, String tables) throws SQLException {
    try (Connection connection = site.database().connect()) {
      return new TableRecord(pipeline, "who", LoadedTable.parse(tables), Set.of()).save(connection);
    }
  }

  void recorded(String pipeline, String tables) throws SQLException {
    assertThat(record(pipeline, tables)).isEmpty();
  }

  ErasureResult eraseAda() throws Exception {
    return erase("ada", false, (time, why) -> {});
  }

  Erasure.Pruned prune() throws Exception {
    try (Erasure erasure = Erasure.open(officer, Duration.ZERO, (time, why) -> {})) {
      return erasure.prune("PRIV-2");
    }
  }

  List<String> doctor(Doctor.Verdict verdict) throws Exception {
    return Doctor.examine(officer).stream()
        .filter(finding -> finding.verdict() == verdict)
        .map(finding -> finding.check() + ": " + finding.detail())
        .toList();
  }
}

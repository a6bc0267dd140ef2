package dev.cameleon.mask;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.PiiKind;
import dev.cameleon.load.Database;
import dev.cameleon.load.Migrations;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.Shared;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MaskGuardTest {
  private static final Map<String, PiiKind> BOTH =
      Map.of("ip", PiiKind.IP, "device_id", PiiKind.DEVICE);

  private final TestDatabase database = Shared.postgres().database();
  private final Keyset keyset = FixedKeys.of(1, 0x0b);

  @BeforeEach
  void migrate() throws Exception {
    Migrations.migrate(new Database.Login(database.url(), "postgres", "postgres"));
  }

  @Test
  void theFirstKeyIsRecordedAndAcceptedAgain() throws Exception {
    assertThat(problems(keyset, BOTH, Set.of())).isEmpty();
    assertThat(problems(FixedKeys.of(1, 0x0b), BOTH, Set.of())).isEmpty();
  }

  @Test
  void anotherKeyIsRefusedEvenUnderTheSameId() throws Exception {
    problems(keyset, BOTH, Set.of());

    assertThat(problems(FixedKeys.of(1, 0x0c), BOTH, Set.of()))
        .singleElement()
        .asString()
        .contains("mask key is not the one")
        .contains("CAMELEON_KEYSET");
  }

  @Test
  void aFieldThatIsNoLongerMaskedIsRefusedUnlessItIsNamed() throws Exception {
    problems(keyset, BOTH, Set.of());
    Map<String, PiiKind> onlyIp = Map.of("ip", PiiKind.IP);

    assertThat(problems(keyset, onlyIp, Set.of()))
        .singleElement()
        .asString()
        .contains("device_id")
        .contains("CAMELEON_ALLOW_UNMASK=device_id");
    assertThat(problems(keyset, onlyIp, Set.of("device_id"))).isEmpty();
  }

  @Test
  void aFieldThatIsMaskedAsSomethingElseIsRefused() throws Exception {
    problems(keyset, BOTH, Set.of());

    assertThat(problems(keyset, Map.of("ip", PiiKind.TEXT, "device_id", PiiKind.DEVICE), Set.of()))
        .singleElement()
        .asString()
        .contains("as text")
        .contains("as ip");
  }

  @Test
  void aRefusedContractRecordsNothing() throws Exception {
    problems(keyset, Map.of("ip", PiiKind.IP), Set.of());
    problems(FixedKeys.of(2, 2), Map.of("ip", PiiKind.IP, "email", PiiKind.TEXT), Set.of());

    assertThat(database.query("SELECT field FROM cameleon.masked_field"))
        .containsExactly(List.of("ip"));
  }

  private List<String> problems(Keyset keys, Map<String, PiiKind> personal, Set<String> allowed)
      throws Exception {
    try (Connection connection = database.connect()) {
      return new MaskGuard(keys, personal).problems(connection, allowed);
    }
  }
}

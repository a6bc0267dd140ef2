package dev.cameleon.mask;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.PiiKind;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.Shared;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MaskGuardTest {
  private static final Map<String, PiiKind> BOTH =
      Map.of("ip", PiiKind.IP, "device_id", PiiKind.DEVICE);

  private final TestDatabase database = Shared.postgres().migrated();
  private final Keyset keyset = FixedKeys.of(1, 0x0b);

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

  @Test
  void aKeysetWithAFurtherKeyAndTheOneBeforeAreBothAcceptedUntilThatIsRetired() throws Exception {
    Keyset rotated = FixedKeys.of(1, 0x0b, 2, 2);
    assertThat(problems(keyset, BOTH, Set.of())).isEmpty();

    assertThat(problems(rotated, BOTH, Set.of())).isEmpty();
    assertThat(problems(keyset, BOTH, Set.of())).isEmpty();
    database.execute("SELECT cameleon.retire_key('00000001')");

    assertThat(problems(rotated, BOTH, Set.of())).isEmpty();
    assertThat(problems(keyset, BOTH, Set.of()))
        .singleElement()
        .asString()
        .contains("00000001 was retired on")
        .contains("CAMELEON_KEYSET")
        .contains("keys rotate");
  }

  @Test
  void aSecondSuccessorOfTheSameKeyIsRefused() throws Exception {
    problems(keyset, BOTH, Set.of());
    problems(FixedKeys.of(1, 0x0b, 2, 2), BOTH, Set.of());

    assertThat(problems(FixedKeys.of(1, 0x0b, 3, 3), BOTH, Set.of()))
        .singleElement()
        .asString()
        .contains("its key id is 00000002, yours is 00000003");
    assertThat(keys()).containsExactly(List.of("00000001", "f"), List.of("00000002", "f"));
  }

  @Test
  void aKeysetWhoseFirstKeyIsAnotherIsRefusedThoughItsLastHasTheSameId() throws Exception {
    problems(FixedKeys.of(1, 0x0b, 2, 2), BOTH, Set.of());

    assertThat(problems(FixedKeys.of(1, 0x0c, 2, 2), BOTH, Set.of())).hasSize(1);
    assertThat(problems(FixedKeys.of(2, 2), BOTH, Set.of())).hasSize(1);
  }

  @Test
  void severalKeysMayBeAddedAtOnce() throws Exception {
    problems(keyset, BOTH, Set.of());

    assertThat(problems(FixedKeys.of(1, 0x0b, 2, 2, 3, 3), BOTH, Set.of())).isEmpty();
    assertThat(problems(FixedKeys.of(1, 0x0b, 2, 2), BOTH, Set.of())).isEmpty();
    assertThat(keys())
        .containsExactly(
            List.of("00000001", "f"), List.of("00000002", "f"), List.of("00000003", "f"));
  }

  @Test
  void onlyTheNewestOfTheFirstKeysOfADatabaseMayLoad() throws Exception {
    assertThat(problems(FixedKeys.of(1, 0x0b, 2, 2), BOTH, Set.of())).isEmpty();

    assertThat(keys()).containsExactly(List.of("00000001", "t"), List.of("00000002", "f"));
    assertThat(problems(keyset, BOTH, Set.of())).singleElement().asString().contains("retired");
  }

  private List<List<String>> keys() {
    return database.query(
        "SELECT key_id, retired_at IS NOT NULL FROM cameleon.mask_key ORDER BY key_id");
  }

  private List<String> problems(Keyset keys, Map<String, PiiKind> personal, Set<String> allowed)
      throws Exception {
    try (Connection connection = database.connect()) {
      return new MaskGuard(keys, personal).problems(connection, allowed);
    }
  }
}

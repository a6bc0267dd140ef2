package dev.cameleon.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.contract.PiiKind;
import dev.cameleon.support.FixedKeys;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeysetTest {
  @TempDir private Path folder;

  @Test
  void aWrittenKeysetIsReadBackAndOnlyItsOwnerCanReadIt() throws Exception {
    Path file = folder.resolve("keys/mask.json");
    Keyset keyset = Keyset.create();

    keyset.write(file);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Keyset.read(file).keys()).isEqualTo(keyset.keys());
    assertThat(keyset.keys()).hasSize(1);
    assertThat(keyset.keys().get(0).id()).matches("[0-9a-f]{8}");
    assertThat(keyset.keys().get(0).primary()).isTrue();
  }

  @Test
  void aKeysetIsNeverOverwritten() throws Exception {
    Path file = folder.resolve("mask.json");
    Keyset.create().write(file);
    String before = Files.readString(file);

    assertThatThrownBy(() -> Keyset.create().write(file))
        .isInstanceOf(FileAlreadyExistsException.class);

    assertThat(Files.readString(file)).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r--r--", "rw----r--", "rw-----w-"})
  void aKeysetThatIsOpenToAllUsersIsRefused(String permissions) throws Exception {
    Path file = folder.resolve("mask.json");
    Keyset.create().write(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));

    assertThatThrownBy(() -> Keyset.read(file))
        .isInstanceOf(InvalidKeysetException.class)
        .hasMessageContaining("chmod 600");
  }

  @Test
  void aKeysetThatTheGroupMayReadIsAccepted() throws Exception {
    // As Kubernetes mounts secrets: owned by root, readable by fsGroup.
    Path file = folder.resolve("mask.json");
    Keyset.create().write(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

    assertThat(Keyset.read(file).keys()).hasSize(1);
  }

  @Test
  void aMissingKeysetIsReportedWithTheCommandThatCreatesOne() {
    assertThatThrownBy(() -> Keyset.read(folder.resolve("none.json")))
        .hasMessageContaining("keys create --out");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "{\"primaryKeyId\": 1, \"key\": []}", "topsecretmaterial"})
  void anInvalidKeysetIsRefusedWithoutQuotingIt(String text) {
    assertThatThrownBy(() -> Keyset.parse(text, "the text"))
        .isInstanceOf(InvalidKeysetException.class)
        .hasMessageContaining("is not a keyset")
        .hasMessageNotContaining("topsecret");
  }

  @Test
  void aRotatedKeysetHasTheOldKeysAsTheyWereAndANewPrimaryAtItsEnd() throws Exception {
    Keyset keyset = Keyset.create().rotated();

    Keyset rotated = keyset.rotated();

    assertThat(rotated.keys()).hasSize(3).allMatch(key -> key.status().equals("ENABLED"));
    assertThat(rotated.keys())
        .extracting(Keyset.KeyInfo::primary)
        .containsExactly(false, false, true);
    assertThat(rotated.olderIds())
        .containsExactly(keyset.keys().get(0).id(), keyset.keys().get(1).id());
    assertThat(rotated.currentId()).isEqualTo(rotated.keys().get(2).id());
    String token = new Masker(keyset, Map.of()).token(PiiKind.TEXT, "name", "x");
    Keyset written = Keyset.parse(rotated.json(), "what was written");
    assertThat(new Masker(written, Map.of()).renew(token))
        .isEqualTo(new Masker(rotated, Map.of()).token(PiiKind.TEXT, "name", "x"));
  }

  @Test
  void noKeyHasTheIdOfRandomTokens() {
    assertThatThrownBy(() -> FixedKeys.of(0, 1)).hasCauseInstanceOf(InvalidKeysetException.class);
  }

  @Test
  void keyMaterialIsInNoListing() {
    Keyset keyset = FixedKeys.of(7, 0x41);

    assertThat(keyset.toString() + keyset.keys()).doesNotContain("AAAA").contains("00000007");
  }
}

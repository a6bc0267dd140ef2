package dev.cameleon.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.crypto.InvalidKeyFileException;
import dev.cameleon.crypto.PrivateKeyFile;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.mask.Original;
import dev.cameleon.support.Recipients;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The vault's entries for the database, and who can open them. */
class VaultTest {
  private static final String MESSAGE = "00000000-0000-4000-8000-000000000001";

  @TempDir private Path folder;

  @Test
  void eachRecipientAloneOpensAValueAndNobodyElseDoes() throws Exception {
    RecipientKey anna = PrivateKeyFile.read(Recipients.add(folder, "anna"));
    RecipientKey ben = PrivateKeyFile.read(Recipients.add(folder, "ben"));
    RecipientKey stranger = PrivateKeyFile.read(Recipients.add(folder.resolve("else"), "eve"));
    JsonNode written = write(vault(), new Original("ip_t", "192.0.2.7"));

    JsonNode entry = written.get("entries").get(0);
    assertThat(entry.get("token").asText()).isEqualTo("ip_t");
    assertThat(entry.get("message_id").asText()).isEqualTo(MESSAGE);
    for (RecipientKey key : List.of(anna, ben)) {
      assertThat(open(key, keyFor(written, key), entry)).isEqualTo("192.0.2.7");
    }
    assertThatThrownBy(() -> open(stranger, keyFor(written, anna), entry))
        .isInstanceOf(GeneralSecurityException.class);
  }

  @Test
  void aValueThatIsPassedOffAsAnotherEntrysIsNotOpened() throws Exception {
    RecipientKey anna = PrivateKeyFile.read(Recipients.add(folder, "anna"));
    JsonNode written =
        write(vault(), new Original("ip_a", "192.0.2.7"), new Original("ip_b", "192.0.2.8"));
    byte[] sealed = written.get("entries").get(0).get("value").binaryValue();
    UUID other = UUID.fromString(written.get("entries").get(1).get("entry").asText());

    assertThatThrownBy(() -> anna.open(keyFor(written, anna), other, sealed))
        .isInstanceOf(GeneralSecurityException.class);
  }

  @Test
  void equalAndUnequalValuesLookAlikeInLengthAndNothingElse() throws Exception {
    Recipients.add(folder, "anna");
    JsonNode written =
        write(
            vault(),
            new Original("a", ""),
            new Original("b", "1.2.3.4"),
            new Original("c", "1.2.3.4"),
            new Original("d", "2001:db8:1111:2222:3333:4444:5555:6666"));

    Set<String> sealed =
        StreamSupport.stream(written.get("entries").spliterator(), false)
            .map(entry -> entry.get("value").asText())
            .collect(Collectors.toSet());
    assertThat(sealed).hasSize(4).extracting(String::length).containsOnly(124);
  }

  @Test
  void anyValueComesBackUnchanged() throws Exception {
    RecipientKey anna = PrivateKeyFile.read(Recipients.add(folder, "anna"));
    for (String value : List.of("", "x", "\u0080\u0000", "é".repeat(31) + "x", "€".repeat(5000))) {
      JsonNode written = write(vault(), new Original("t", value));
      assertThat(open(anna, keyFor(written, anna), written.get("entries").get(0))).isEqualTo(value);
    }
  }

  @Test
  void recentlyCommittedTokensAreNotWrittenAgain() throws Exception {
    Recipients.add(folder, "anna");
    Vault vault = vault();
    VaultEntries first = vault.entries();
    first.add(MESSAGE, List.of(new Original("ip_t", "192.0.2.7")));

    assertThat(write(vault, new Original("ip_t", "192.0.2.7")).get("entries")).hasSize(1);
    first.committed();
    assertThat(write(vault, new Original("ip_t", "192.0.2.7")).get("entries")).isEmpty();
    assertThat(write(vault, new Original("ip_u", "192.0.2.8")).get("entries")).hasSize(1);
  }

  @Test
  void withoutRecipientsNothingIsKept() throws Exception {
    VaultEntries entries = new Vault(List.of()).entries();
    entries.add(MESSAGE, List.of(new Original("ip_t", "192.0.2.7")));

    assertThat(entries.json(Optional.empty())).isEqualTo(VaultEntries.NONE);
  }

  @Test
  void noTwoValuesOfADataKeyHaveOneNonce() throws Exception {
    Recipients.add(folder, "anna");
    Original[] many =
        IntStream.range(0, 1000).mapToObj(n -> new Original("t" + n, "v")).toArray(Original[]::new);

    JsonNode written = write(vault(), many);

    assertThat(
            StreamSupport.stream(written.get("entries").spliterator(), false)
                .map(entry -> entry.get("value").asText().substring(0, 16))
                .collect(Collectors.toSet()))
        .hasSize(1000);
    assertThat(written.get("keys")).hasSize(1);
  }

  private Vault vault() throws InvalidKeyFileException {
    return new Vault(Recipient.read(folder.resolve("recipients")));
  }

  private static JsonNode write(Vault vault, Original... originals) throws Exception {
    VaultEntries entries = vault.entries();
    entries.add(MESSAGE, List.of(originals));
    return JsonMapper.builder().build().readTree(entries.json(Optional.empty()));
  }

  private static byte[] keyFor(JsonNode written, RecipientKey key) throws Exception {
    for (JsonNode each : written.get("keys")) {
      if (each.get("recipient").asText().equals(key.fingerprint())) {
        return each.get("sealed_key").binaryValue();
      }
    }
    throw new AssertionError("not a recipient");
  }

  private static String open(RecipientKey key, byte[] sealedKey, JsonNode entry) throws Exception {
    byte[] value =
        key.open(
            sealedKey,
            UUID.fromString(entry.get("entry").asText()),
            entry.get("value").binaryValue());
    return new String(value, StandardCharsets.UTF_8);
  }
}

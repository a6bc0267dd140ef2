package dev.cameleon.vault;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.cameleon.crypto.DataKey;
import dev.cameleon.crypto.Envelope;
import dev.cameleon.mask.Original;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import javax.crypto.Cipher;

/**
 * The vault entries of one batch: one for each token that the vault may not have yet, with the id
 * of the message whose row needs it. Sealed anew for each attempt to load the batch.
 */
public final class VaultEntries {
  /** The parameter of {@code load.sql} when there is nothing to write. */
  public static final String NONE = "{\"made\":null,\"data_key\":null,\"keys\":[],\"entries\":[]}";

  private final Optional<DataKey> dataKey;
  private final RecentTokens stored;
  private final List<Set<String>> known;
  private final Cipher cipher;
  private final long beganNanos = System.nanoTime();
  private final List<String> tokens = new ArrayList<>();
  private final StringBuilder entries = new StringBuilder();

  VaultEntries(Optional<DataKey> dataKey, RecentTokens stored) {
    this.dataKey = dataKey;
    this.stored = stored;
    this.known = stored.sets();
    this.cipher = dataKey.isPresent() ? Envelope.gcm() : null;
  }

  /**
   * Seals the originals that the vault may not have yet.
   *
   * @param messageId the message whose row has these tokens
   */
  public void add(String messageId, List<Original> originals) {
    if (dataKey.isEmpty()) {
      return;
    }
    for (Original original : originals) {
      if (!isKnown(original.token())) {
        add(messageId, original, dataKey.get());
      }
    }
  }

  private boolean isKnown(String token) {
    for (Set<String> some : known) {
      if (some.contains(token)) {
        return true;
      }
    }
    return false;
  }

  private void add(String messageId, Original original, DataKey current) {
    UUID entry = UUID.randomUUID();
    byte[] sealed = current.seal(cipher, entry, original.value().getBytes(StandardCharsets.UTF_8));
    tokens.add(original.token());
    entries
        .append(entries.length() == 0 ? "" : ",")
        .append("{\"message_id\":\"")
        .append(messageId)
        .append("\",\"token\":\"")
        .append(JsonStringEncoder.getInstance().quoteAsString(original.token()))
        .append("\",\"entry\":\"")
        .append(entry)
        .append("\",\"value\":\"")
        .append(base64(sealed))
        .append("\"}");
  }

  /**
   * The parameter {@code vault} of {@code load.sql}.
   *
   * @param made when the parameters were built, by the database's clock; empty for a batch for
   *     which time does not matter
   */
  public String json(Optional<Instant> made) {
    StringJoiner keys = new StringJoiner(",");
    if (!tokens.isEmpty()) {
      dataKey
          .orElseThrow()
          .sealedKeys()
          .forEach(
              (recipient, key) ->
                  keys.add(
                      "{\"recipient\":\""
                          + recipient
                          + "\",\"sealed_key\":\""
                          + base64(key)
                          + "\"}"));
    }
    return "{\"made\":"
        + made.map(VaultEntries::quoted).orElse("null")
        + ",\"data_key\":"
        + (tokens.isEmpty() ? "null" : quoted(dataKey.orElseThrow().id()))
        + ",\"keys\":["
        + keys
        + "],\"entries\":["
        + entries
        + "]}";
  }

  private static String quoted(Object text) {
    return "\"" + text + "\"";
  }

  /** Remembers these tokens after the commit, so that they need no entries for a while. */
  public void committed() {
    stored.add(tokens, beganNanos);
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** Leaves out personal data. */
  @Override
  public String toString() {
    return "VaultEntries[" + tokens.size() + "]";
  }
}

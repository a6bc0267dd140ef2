package dev.cameleon.privacy;

import dev.cameleon.crypto.KeyUnavailableException;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.Masker;
import dev.cameleon.mask.Token;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * Recovers original values for a recorded purpose. For each token the request is committed to the
 * audit first; the database hands out the sealed value; the private key opens it here; and the
 * outcome is committed to the audit before the caller sees the value.
 */
public final class Reveal {
  /**
   * The answer to one request.
   *
   * @param token the requested token
   * @param outcome a few words, as in the audit: {@code revealed}, {@code revealed unchecked}, or
   *     the reason for a refusal
   * @param detail the outcome in a sentence, for the requester; empty if revealed
   * @param value the original: personal; empty if it was not revealed
   */
  public record Answer(String token, String outcome, String detail, Optional<String> value) {
    /** Leaves out the value. */
    @Override
    public String toString() {
      return "Answer[" + token + ", " + outcome + "]";
    }
  }

  /** The vault's entry, sealed to one recipient; null if its data key is lost. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record SealedValue(UUID entry, byte[] sealed, String recipient, byte[] sealedKey) {}

  private static final String REQUEST = "reveal";

  private final Connection connection;
  private final Handle db;
  private final RecipientKey key;
  private final Optional<Keyset> keyset;
  private final AuditedRequests requests;

  /**
   * Reveals for one purpose.
   *
   * @param connection the connection of a member of cameleon_revealer; each step is a transaction
   *     of its own
   * @param key opens values that are sealed to its public half
   * @param keyset the database's mask keys, to check that a value has this token; without them the
   *     value is revealed unchecked
   * @param purpose the reason; neither blank nor personal
   * @param ticket the ticket of the request; null if there is none
   */
  public Reveal(
      Connection connection,
      RecipientKey key,
      Optional<Keyset> keyset,
      String purpose,
      String ticket)
      throws SQLException {
    connection.setAutoCommit(true);
    this.connection = connection;
    this.db = Sql.on(connection);
    this.key = key;
    this.keyset = keyset;
    this.requests = new AuditedRequests(db, purpose, ticket);
  }

  /**
   * Requests one value.
   *
   * @throws SQLException if the database refuses or fails; nothing is revealed, but the request may
   *     be in the audit
   * @throws KeyUnavailableException if the private key cannot be used now; likewise
   */
  public Answer ask(String token) throws SQLException {
    return Sql.call(
        () ->
            requests.ask(REQUEST, token, null, request -> answer(request, token), Answer::outcome));
  }

  /**
   * The rows of one person in all loaded tables, with tokens unchanged. The audit records the
   * request without anything that identifies the person.
   *
   * @param user the person's user id as in the column: personal
   * @param most the most rows to read
   * @throws SQLException if the database refuses or fails
   */
  public List<PersonRow> rowsOf(String user, int most) throws SQLException {
    connection.setNetworkTimeout(Runnable::run, 0); // large tables take over a minute
    return Sql.call(() -> PersonRows.read(db, requests, user, most));
  }

  /** The names of the tables that {@link #rowsOf} reads, for an operator. */
  public List<String> tables() throws SQLException {
    return Sql.call(
        () ->
            db.createQuery(
                    "SELECT DISTINCT regexp_replace(relation, '^public\\.', '')"
                        + " FROM cameleon.loaded_table ORDER BY 1")
                .mapTo(String.class)
                .list());
  }

  /** Whether user ids are masked, so that {@link #rowsOf} takes the token of a user id. */
  public boolean masksUsers() throws SQLException {
    return Sql.call(() -> PersonalTables.masksUsers(db));
  }

  /** The columns of {@link #rowsOf} whose values are tokens. */
  public MaskedColumns maskedColumns() throws SQLException {
    return Sql.call(() -> MaskedColumns.of(db));
  }

  /** The head of the audit's chain after the last record; empty before the first. */
  public String head() {
    return requests.head();
  }

  private Answer answer(long request, String token) {
    if (Token.keyId(token).equals(Token.ERASED)) {
      return refusal(token, "erased", "erased: this is a random token without a value");
    }
    List<SealedValue> found =
        db.select("SELECT * FROM cameleon.reveal(?) ORDER BY recipient", request)
            .map(
                (row, context) ->
                    new SealedValue(
                        row.getObject("entry", UUID.class),
                        row.getBytes("sealed"),
                        row.getString("recipient"),
                        row.getBytes("sealed_key")))
            .list();
    if (found.isEmpty()) {
      return missing(token);
    }
    for (SealedValue sealed : found) {
      if (key.fingerprint().equals(sealed.recipient())) {
        return open(token, sealed);
      }
    }
    String recipients =
        found.stream()
            .map(SealedValue::recipient)
            .filter(Objects::nonNull)
            .map(Recipient::shortName)
            .collect(Collectors.joining(", "));
    return refusal(
        token,
        "not a recipient",
        "not sealed to this key ("
            + Recipient.shortName(key.fingerprint())
            + "); its recipients: "
            + (recipients.isEmpty() ? "none known, because its data key is lost" : recipients));
  }

  private Answer open(String token, SealedValue sealed) {
    try {
      byte[] bytes = key.open(sealed.sealedKey(), sealed.entry(), sealed.sealed());
      String value = new String(bytes, StandardCharsets.UTF_8);
      return mismatch(token, value)
          .orElseGet(
              () ->
                  new Answer(
                      token,
                      keyset.isPresent() ? "revealed" : "revealed unchecked",
                      "",
                      Optional.of(value)));
    } catch (GeneralSecurityException e) {
      return refusal(token, "damaged", "damaged: its vault entry was changed and cannot be opened");
    }
  }

  /**
   * Checks that the value has this token; empty if it has. An officer can rename entries in a
   * rotation, and a loader can add entries, but neither can make this check succeed for another
   * value.
   */
  private Optional<Answer> mismatch(String token, String value) {
    if (keyset.isEmpty() || new Masker(keyset.get(), Map.of()).makes(token, value)) {
      return Optional.empty();
    }
    String keyId = Token.keyId(token);
    boolean ours =
        keyId.equals(keyset.get().currentId()) || keyset.get().olderIds().contains(keyId);
    return Optional.of(
        ours
            ? refusal(
                token,
                "mismatch",
                "not shown: the value in its vault entry belongs to another token;"
                    + " somebody with the rights of a loader or an officer must have written"
                    + " it")
            : refusal(
                token,
                "unknown key",
                "not shown: its mask key "
                    + keyId
                    + " is not in your keyset, so the value cannot be checked; set CAMELEON_KEYSET"
                    + " to the keyset that keys rotate wrote last"));
  }

  /** Why the vault has no entry, as far as the database knows. */
  private Answer missing(String token) {
    Optional<String> erased =
        look(
            "SELECT 'erased on ' || (at AT TIME ZONE 'UTC')::date"
                + " || coalesce(' (ticket ' || ticket || ')', '')"
                + " FROM cameleon.acts WHERE act = 'erase' AND token = ?"
                + " ORDER BY seq DESC LIMIT 1",
            token);
    if (erased.isPresent()) {
      return refusal(token, "erased", erased.get());
    }
    String keyId = Token.keyId(token);
    Optional<String> retired =
        look(
            "SELECT coalesce(retired_at::text, '') FROM cameleon.mask_key WHERE key_id = ?", keyId);
    if (retired.isEmpty()) {
      return refusal(
          token,
          "no entry",
          "no entry: the mask key " + keyId + " does not belong to this database");
    }
    return refusal(
        token,
        "no entry",
        retired.get().isEmpty()
            ? "no entry: loaded without a vault, or erased"
            : "no entry: its mask key "
                + keyId
                + " is retired, so its rows may have a newer token; or it was loaded"
                + " without a vault, or erased");
  }

  private Optional<String> look(String sql, String parameter) {
    return db.select(sql, parameter).mapTo(String.class).findOne();
  }

  private static Answer refusal(String token, String outcome, String detail) {
    return new Answer(token, outcome, detail, Optional.empty());
  }
}

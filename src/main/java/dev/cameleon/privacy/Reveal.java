package dev.cameleon.privacy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cameleon.crypto.KeyUnavailableException;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.Masker;
import dev.cameleon.mask.Token;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.UUID;

/**
 * Recovers original values for a recorded purpose. For each token the request is committed to the
 * audit first; the database hands out the sealed value; the private key opens it here; and the
 * outcome is committed to the audit before the caller sees the value.
 */
public final class Reveal {
  /**
   * The answer to one request.
   *
   * @param token the token asked for
   * @param outcome a few words, as in the audit: {@code revealed}, {@code revealed unchecked}, or
   *     why not
   * @param detail the outcome in a sentence, for the person who asked; empty if revealed
   * @param value the original: personal; empty if it was not revealed
   */
  public record Answer(String token, String outcome, String detail, Optional<String> value) {
    /** Without the value. */
    @Override
    public String toString() {
      return "Answer[" + token + ", " + outcome + "]";
    }
  }

  private static final String REQUEST = "reveal";

  private final Connection connection;
  private final RecipientKey key;
  private final Optional<Keyset> keyset;
  private final AuditedRequests requests;

  /**
   * Reveals for one purpose.
   *
   * @param connection of a member of cameleon_revealer; each step is a transaction of its own
   * @param key opens values that are sealed to its public half
   * @param keyset the database's mask keys, to check that a value has this token; without them the
   *     value is revealed unchecked
   * @param purpose why; not blank, and not personal
   * @param ticket the ticket that asks for it; null if there is none
   */
  public Reveal(
      Connection connection,
      RecipientKey key,
      Optional<Keyset> keyset,
      String purpose,
      String ticket)
      throws SQLException {
    this.connection = connection;
    this.key = key;
    this.keyset = keyset;
    this.requests = new AuditedRequests(connection, purpose, ticket);
  }

  /**
   * Asks for one value.
   *
   * @throws SQLException if the database refuses or fails; nothing is revealed, but the request may
   *     be in the audit
   * @throws KeyUnavailableException if the private key cannot be used now; likewise
   */
  public Answer ask(String token) throws SQLException {
    return requests.ask(REQUEST, token, null, request -> answer(request, token), Answer::outcome);
  }

  /**
   * The rows of one person in {@code user_logins}: each row as an object of its columns, with
   * tokens as they are. The audit records the request without anything that identifies the person.
   *
   * @param user their user id as in the column: personal
   * @param most the most rows to read
   * @throws SQLException if the database refuses or fails
   */
  public List<JsonNode> rowsOf(String user, int most) throws SQLException {
    return PersonRows.read(connection, requests, user, most);
  }

  /** Whether user ids are masked: then {@link #rowsOf} takes the token of a user id. */
  public boolean masksUsers() throws SQLException {
    return Logins.masksUsers(connection);
  }

  /** The columns of {@link #rowsOf} whose values are tokens. */
  public MaskedColumns maskedColumns() throws SQLException {
    return MaskedColumns.of(connection);
  }

  /** The head of the audit's chain after the last record; empty before the first. */
  public String head() {
    return requests.head();
  }

  private Answer answer(long request, String token) throws SQLException {
    if (Token.keyId(token).equals(Token.ERASED)) {
      return refusal(token, "erased", "erased: this is a random token without a value");
    }
    StringJoiner recipients = new StringJoiner(", ");
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT entry, sealed, recipient, sealed_key FROM cameleon.reveal(?)"
                + " ORDER BY recipient")) {
      statement.setLong(1, request);
      try (ResultSet row = statement.executeQuery()) {
        boolean found = false;
        while (row.next()) {
          found = true;
          String recipient = row.getString(3);
          if (key.fingerprint().equals(recipient)) {
            return open(token, row.getBytes(4), row.getObject(1, UUID.class), row.getBytes(2));
          }
          if (recipient != null) {
            recipients.add(Recipient.shortName(recipient));
          }
        }
        if (!found) {
          return missing(token);
        }
      }
    }
    return refusal(
        token,
        "not a recipient",
        "not sealed to this key ("
            + Recipient.shortName(key.fingerprint())
            + "); its recipients: "
            + (recipients.length() == 0 ? "none known, because its data key is lost" : recipients));
  }

  private Answer open(String token, byte[] sealedKey, UUID entry, byte[] sealed) {
    try {
      String value = new String(key.open(sealedKey, entry, sealed), StandardCharsets.UTF_8);
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
   * rotation, and a loader can add them; neither can make this check succeed for another value.
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

  /** Why the vault has no entry, as far as the database tells. */
  private Answer missing(String token) throws SQLException {
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

  private Optional<String> look(String sql, String parameter) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, parameter);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
      }
    }
  }

  private static Answer refusal(String token, String outcome, String detail) {
    return new Answer(token, outcome, detail, Optional.empty());
  }
}

package dev.cameleon.vault;

import dev.cameleon.load.SqlFailures;
import dev.cameleon.mask.Token;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.UUID;

/**
 * Recovers original values, with a reason on record. For each token the request is committed to the
 * audit first, the database hands out the sealed value for it, the private key opens it here, and
 * how that ended is committed to the audit before anybody sees the value.
 */
public final class Reveal {
  /**
   * What became of one request.
   *
   * @param token what was asked for
   * @param outcome in a few words, as in the audit: {@code revealed} or why not
   * @param detail the outcome in a sentence, for the person who asked; empty if it was revealed
   * @param value the original: personal; empty if it was not revealed
   */
  public record Answer(String token, String outcome, String detail, Optional<String> value) {
    /** Redacted. */
    @Override
    public String toString() {
      return "Answer[" + token + ", " + outcome + "]";
    }
  }

  private static final String REQUEST = "reveal";
  private static final String OUTCOME = "reveal-outcome";

  private final Connection connection;
  private final PrivateKeyFile key;
  private final String purpose;
  private final String ticket;
  private String head = "";

  /**
   * Makes one.
   *
   * @param connection as a member of cameleon_revealer; each step is a transaction of its own
   * @param key opens what is sealed to its public half
   * @param purpose why; not blank, and not personal
   * @param ticket where it was asked for; null if nowhere
   */
  public Reveal(Connection connection, PrivateKeyFile key, String purpose, String ticket)
      throws SQLException {
    connection.setAutoCommit(true);
    this.connection = connection;
    this.key = key;
    this.purpose = purpose;
    this.ticket = ticket;
  }

  /**
   * Asks for one value.
   *
   * @throws SQLException if the database refuses or fails; the request may be on record then, and
   *     nothing is revealed
   */
  public Answer ask(String token) throws SQLException {
    long request = record(REQUEST, token, null);
    Answer answer;
    try {
      answer = answer(request, token);
    } catch (SQLException e) {
      try {
        record(OUTCOME, token, outcome(request, "failed, SQLSTATE " + SqlFailures.state(e)));
      } catch (SQLException unrecorded) {
        e.addSuppressed(unrecorded); // the request is on record, and nobody saw the value
      }
      throw e;
    }
    record(OUTCOME, token, outcome(request, answer.outcome()));
    return answer;
  }

  /** The head of the audit's chain after the last record; empty before the first. */
  public String head() {
    return head;
  }

  private static String outcome(long request, String outcome) {
    return "request " + request + ": " + outcome;
  }

  private long record(String act, String token, String detail) throws SQLException {
    Audit.Entry entry =
        Audit.record(connection, new Audit.Act(act, token, purpose, ticket, detail));
    head = entry.head();
    return entry.seq();
  }

  private Answer answer(long request, String token) throws SQLException {
    if (Token.keyId(token).equals(Token.ERASED)) {
      return refusal(token, "erased", "erased: it is a random token that stands for nothing");
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
            + (recipients.length() == 0 ? "none is known, its epoch is lost" : recipients));
  }

  private Answer open(String token, byte[] sealedKey, UUID entry, byte[] sealed) {
    try {
      String value = new String(key.open(sealedKey, entry, sealed), StandardCharsets.UTF_8);
      return new Answer(token, "revealed", "", Optional.of(value));
    } catch (GeneralSecurityException e) {
      return refusal(
          token, "damaged", "damaged: what is stored for it was changed and does not open");
    }
  }

  /** Why there is no entry, as far as the database tells. */
  private Answer missing(String token) throws SQLException {
    Optional<String> erased =
        look(
            "SELECT 'erased on ' || (at AT TIME ZONE 'UTC')::date"
                + " || coalesce(' (ticket ' || ticket || ')', '')"
                + " FROM cameleon.acts WHERE act = 'forget' AND token = ?"
                + " ORDER BY seq DESC LIMIT 1",
            token);
    if (erased.isPresent()) {
      return refusal(token, "erased", erased.get());
    }
    String keyId = Token.keyId(token);
    Optional<String> retired =
        look(
            "SELECT coalesce(retired_at::text, '') FROM cameleon.mask_check WHERE key_id = ?",
            keyId);
    if (retired.isEmpty()) {
      return refusal(
          token, "no entry", "no entry: the mask key " + keyId + " is none of this database");
    }
    return refusal(
        token,
        "no entry",
        retired.get().isEmpty()
            ? "no entry: loaded without a vault, or forgotten"
            : "no entry: its mask key "
                + keyId
                + " is retired, and its rows may have a newer token now; or it was loaded without a"
                + " vault, or forgotten");
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

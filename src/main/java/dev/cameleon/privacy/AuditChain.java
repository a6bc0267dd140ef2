package dev.cameleon.privacy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The audit's chain, computed again outside the database: a row's hash is SHA-256 of the hash
 * before it ‖ the row as JSON. The database only writes the JSON, as it did when the row was added.
 */
public final class AuditChain {
  /**
   * What was found.
   *
   * @param rows how many rows fit, from the first on
   * @param head the hash of the last of them, 64 hexadecimal digits; empty if there is none
   * @param since when the first of them was written
   * @param keptAt the row whose hash is the one that somebody kept
   * @param erased of how many rows an act in the chain erased the token
   * @param problem what is wrong, as one sentence
   */
  public record Findings(
      long rows,
      String head,
      Optional<Instant> since,
      Optional<Long> keptAt,
      long erased,
      Optional<String> problem) {}

  /** The same expression as in record_act. */
  private static final String ROWS =
      "SELECT seq, at, hash, pg_catalog.jsonb_build_array(seq, (extract(epoch FROM at) * 1000000)::bigint,"
          + " actor, act, token, purpose, ticket, detail, xact::text)::text, ("
          // What became of the token: an act erases it only if it names the row.
          + "SELECT CASE WHEN a.token IS NULL THEN 'none' WHEN t.token IS NOT NULL AND a.token ="
          + " encode(sha256(t.salt || convert_to(t.token, 'UTF8')), 'hex') THEN 'fits'"
          + " WHEN t.token IS NOT NULL THEN 'changed' WHEN EXISTS (SELECT FROM cameleon.audit e"
          + " WHERE e.seq = t.erased_by AND e.seq > a.seq AND e.act = 'erase-tokens'"
          + " AND a.seq::text = ANY (string_to_array(e.detail, ','))) THEN 'erased'"
          + " ELSE 'missing' END FROM (SELECT) one LEFT JOIN cameleon.audit_token t"
          + " ON t.seq = a.seq) FROM cameleon.audit a ORDER BY seq";

  private static final int ROWS_AT_A_TIME = 1000;

  private final Optional<String> kept;
  private final MessageDigest sha256;
  private byte[] before = new byte[0];
  private long rows;
  private long erased;
  private Instant since;
  private Long keptAt;

  private AuditChain(Optional<String> kept) {
    this.kept = kept;
    try {
      this.sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no SHA-256", e);
    }
  }

  /**
   * Verifies the whole chain, row by row, in little memory.
   *
   * @param connection as a role that may read the audit
   * @param kept a head that was printed before, in lower case: it must be a row's hash
   */
  public static Findings verify(Connection connection, Optional<String> kept) throws SQLException {
    connection.setAutoCommit(false); // else the driver would fetch all rows at once
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET search_path = pg_catalog, pg_temp"); // not the database's own choice
      statement.setFetchSize(ROWS_AT_A_TIME);
      try (ResultSet row = statement.executeQuery(ROWS)) {
        return new AuditChain(kept).verify(row);
      }
    } finally {
      connection.rollback();
    }
  }

  private Findings verify(ResultSet row) throws SQLException {
    while (row.next()) {
      Optional<String> problem =
          problem(row.getLong(1), row.getBytes(3), row.getString(4), row.getString(5));
      if (problem.isPresent()) {
        return findings(problem);
      }
      if (since == null) {
        since = row.getObject(2, OffsetDateTime.class).toInstant();
      }
    }
    return findings(
        kept.isPresent() && keptAt == null
            ? Optional.of(
                "no row has the head that you kept: the chain was cut or rewritten"
                    + " since, or the head is from another database")
            : Optional.empty());
  }

  private Optional<String> problem(long seq, byte[] hash, String json, String token) {
    if (seq != rows + 1) {
      return Optional.of(
          rows == 0
              ? "the first row is " + seq + ", not 1: earlier rows are missing"
              : "row " + (rows + 1) + " is missing: " + rows + " is followed by " + seq);
    }
    sha256.update(before);
    byte[] computed = sha256.digest(json.getBytes(StandardCharsets.UTF_8));
    if (!MessageDigest.isEqual(computed, hash)) {
      return Optional.of(
          "row " + seq + " does not fit its hash: it was changed after it was written");
    }
    if (token.equals("changed")) {
      return Optional.of("the token of row " + seq + " does not fit its hash: it was changed");
    }
    if (token.equals("missing")) {
      return Optional.of("the token of row " + seq + " is missing, but no erasure removed it");
    }
    erased += token.equals("erased") ? 1 : 0;
    rows = seq;
    before = hash;
    if (kept.isPresent() && kept.get().equals(hex(hash))) {
      keptAt = seq;
    }
    return Optional.empty();
  }

  private Findings findings(Optional<String> problem) {
    return new Findings(
        rows,
        hex(before),
        Optional.ofNullable(since),
        Optional.ofNullable(keptAt),
        erased,
        problem);
  }

  private static String hex(byte[] hash) {
    return HexFormat.of().formatHex(hash);
  }
}

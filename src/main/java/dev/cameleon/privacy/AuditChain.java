package dev.cameleon.privacy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Recomputes the audit's hash chain outside the database: a row's hash is SHA-256 of the previous
 * hash ‖ the row as JSON. The database only produces the JSON, as it did when the row was added.
 */
public final class AuditChain {
  /**
   * The result of a verification.
   *
   * @param rows how many rows are valid, counted from the first
   * @param head the hash of the last valid row, 64 hexadecimal digits; empty if there is none
   * @param since when the first row was written
   * @param keptAt the number of the row whose hash equals the kept head
   * @param erased how many rows had their token erased by an action in the chain
   * @param problem the first error, as one sentence; empty if the chain is valid
   */
  public record Findings(
      long rows,
      String head,
      Optional<Instant> since,
      Optional<Long> keptAt,
      long erased,
      Optional<String> problem) {}

  /**
   * Must build the same JSON as the function cameleon.add_act. A row's token counts as erased only
   * if an action names the row.
   */
  private static final String ROWS =
      """
      SELECT seq, at, hash,
             pg_catalog.jsonb_build_array(seq, (extract(epoch FROM at) * 1000000)::bigint, actor,
               act, token, purpose, ticket, detail, xact::text)::text AS json,
             (SELECT CASE
                WHEN a.token IS NULL THEN 'none'
                WHEN t.token IS NOT NULL AND a.token =
                  encode(sha256(t.salt || convert_to(t.token, 'UTF8')), 'hex') THEN 'fits'
                WHEN t.token IS NOT NULL THEN 'changed'
                WHEN EXISTS (SELECT FROM cameleon.audit e
                  WHERE e.seq = t.erased_by AND e.seq > a.seq AND e.act = 'erase-tokens'
                    AND a.seq::text = ANY (string_to_array(e.detail, ','))) THEN 'erased'
                ELSE 'missing' END
              FROM (SELECT) one LEFT JOIN cameleon.audit_token t ON t.seq = a.seq) AS token
        FROM cameleon.audit a ORDER BY seq
      """;

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
   * Verifies the whole chain row by row, in little memory.
   *
   * @param connection of a role that may read the audit
   * @param kept a head that was printed earlier, in lower case; some row must have this hash
   * @throws SQLException if the database refuses or fails
   */
  public static Findings verify(Connection connection, Optional<String> kept) throws SQLException {
    AuditChain chain = new AuditChain(kept);
    return Sql.call(
        () ->
            Sql.on(connection) // in a transaction, or the driver fetches all rows at once
                .inTransaction(
                    db -> {
                      db.execute("SET LOCAL search_path = pg_catalog, pg_temp");
                      return chain.findings(
                          db.createQuery(ROWS)
                              .setFetchSize(ROWS_AT_A_TIME)
                              .map((row, context) -> chain.problem(row))
                              .withStream(rows -> rows.flatMap(Optional::stream).findFirst()));
                    }));
  }

  private Optional<String> problem(ResultSet row) throws SQLException {
    Optional<String> problem =
        problem(
            row.getLong("seq"),
            row.getBytes("hash"),
            row.getString("json"),
            row.getString("token"));
    if (problem.isEmpty() && since == null) {
      since = row.getObject("at", OffsetDateTime.class).toInstant();
    }
    return problem;
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
          "row " + seq + " does not match its hash: it was changed after it was written");
    }
    if (token.equals("changed")) {
      return Optional.of("the token of row " + seq + " does not match its hash: it was changed");
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
    Optional<String> lostHead =
        kept.isPresent() && keptAt == null
            ? Optional.of(
                "no row has the head that you kept: the chain was cut or rewritten"
                    + " since, or the head is from another database")
            : Optional.empty();
    return new Findings(
        rows,
        hex(before),
        Optional.ofNullable(since),
        Optional.ofNullable(keptAt),
        erased,
        problem.or(() -> lostHead));
  }

  private static String hex(byte[] hash) {
    return HexFormat.of().formatHex(hash);
  }
}

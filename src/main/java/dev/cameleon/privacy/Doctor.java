package dev.cameleon.privacy;

import dev.cameleon.db.Database;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Checks that rows, keys and vault are consistent. Only reads, in one snapshot of the database, so
 * that a load in flight is seen either whole or not at all.
 */
public final class Doctor {
  /** The severity of a finding. */
  public enum Verdict {
    /** As it should be. */
    OK,
    /** Worth knowing. */
    NOTE,
    /** A fault that must be corrected. */
    WRONG
  }

  /**
   * One line of the report.
   *
   * @param check what was checked
   * @param verdict its severity
   * @param detail one sentence, with the remedy
   */
  public record Finding(String check, Verdict verdict, String detail) {}

  private final Handle db;
  private final List<Finding> findings = new ArrayList<>();

  private Doctor(Handle db) {
    this.db = db;
  }

  /**
   * Runs all checks.
   *
   * @param officer a role with the rights of cameleon_officer
   * @throws SQLException if the database refuses or fails
   */
  public static List<Finding> examine(Database.Login officer) throws SQLException {
    return Sql.call(
        () -> {
          try (Handle connection = Sql.officer(officer)) {
            return connection.inTransaction(db -> new Doctor(db).examine());
          }
        });
  }

  private List<Finding> examine() {
    db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    keys();
    PersonalTables tables = PersonalTables.present(db);
    tables.missing().forEach(name -> add("tables", Verdict.WRONG, PersonalTables.missing(name)));
    new RowFindings(this, db).look(tables);
    new VaultFindings(this).look(tables);
    people();
    return findings;
  }

  private void keys() {
    List<String> keys =
        texts(
            """
            SELECT key_id || ', first seen ' || first_used::date
                   || ' (' || extract(day FROM now() - first_used)::int || ' days ago)'
                   || coalesce(', follows ' || follows, '')
                   || coalesce(', retired ' || retired_at::date, '')
              FROM cameleon.mask_key ORDER BY retired_at NULLS LAST, first_used, follows NULLS FIRST
            """);
    keys.forEach(key -> add("keys", Verdict.OK, key));
    if (keys.isEmpty()) {
      add("keys", Verdict.NOTE, "none known, because nothing was loaded yet; to load: run");
    }
  }

  private void people() {
    add(
        "suppressed",
        Verdict.OK,
        number("SELECT count(*) FROM cameleon.suppressed")
            + " persons whose later events are loaded with random values");
    long erasedTokens = number("SELECT count(*) FROM cameleon.erased_token");
    if (erasedTokens > 0) {
      add(
          "erasure",
          Verdict.NOTE,
          erasedTokens
              + " tokens are still to erase: an erase is running or was"
              + " interrupted; run that erase again");
    } else {
      add("erasure", Verdict.OK, "no unfinished erasure");
    }
  }

  void add(String check, Verdict verdict, String detail) {
    findings.add(new Finding(check, verdict, detail));
  }

  /** Adds a finding, which is OK if {@code count} is 0. */
  void none(String check, long count, Verdict otherwise, String what, String remedy) {
    add(
        check,
        count == 0 ? Verdict.OK : otherwise,
        (count == 0 ? "no " : count + " ") + what + (count == 0 ? "" : ": " + remedy));
  }

  long number(String sql) {
    return db.createQuery(sql).mapTo(long.class).one();
  }

  List<String> texts(String sql) {
    return db.createQuery(sql).mapTo(String.class).list();
  }

  /**
   * An SQL expression for the id of the key that made a value: the id, if the database knows it or
   * if it is {@link dev.cameleon.mask.Token#ERASED}; {@code ?} for an unknown key; an empty text if
   * the value is not a token. Unknown ids are not listed, because a sender may have invented them,
   * a new one in each row.
   */
  static String keyOf(String value) {
    return "CASE WHEN NOT %s THEN '' WHEN %s THEN %s ELSE '?' END"
        .formatted(TokenInSql.isToken(value), TokenInSql.isOurs(value), TokenInSql.keyId(value));
  }
}

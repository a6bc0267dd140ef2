package dev.cameleon.db;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.StringJoiner;

/** Names the sessions that hold contended locks, so that an operator can end them. */
public final class LockHolders {
  static final String NOT_LOCKED = "55P03";

  /** The strongest locks first, because they block most, and the oldest among equals. */
  private static final String QUERY =
      """
      SELECT a.pid, a.usename, max(a.xact_start)::timestamptz(0)::text,
             coalesce(string_agg(DISTINCT c.oid::regclass::text, ', '), 'Flyway''s lock')
        FROM pg_locks l JOIN pg_stat_activity a USING (pid) LEFT JOIN pg_class c ON c.oid = l.relation
       WHERE l.granted AND l.pid <> pg_backend_pid()
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND (c.relkind IN ('r', 'p') AND (c.relnamespace = to_regnamespace('cameleon') OR c.oid IN (%s))
              -- The number is "Flyway" and the hash of the table's name, which may borrow from it.
              OR l.locktype = 'advisory' AND l.classid::bigint BETWEEN x'466b'::int AND x'466d'::int)
       GROUP BY a.pid, a.usename
       ORDER BY max(array_position(ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock',
                  'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                  'ExclusiveLock', 'AccessExclusiveLock'], l.mode)) DESC, max(a.xact_start)
       LIMIT 3
      """;

  /**
   * The shipped table is the fallback before the record exists, or for a login that may not read
   * it.
   */
  private static final List<String> LOADED =
      List.of(
          "SELECT to_regclass(relation) FROM cameleon.loaded_table",
          "SELECT to_regclass('public.user_logins')");

  private LockHolders() {}

  /**
   * Describes a failure as {@link SqlErrors#describe} does; after a lock time-out, also who may
   * hold the lock.
   *
   * @param login the login that failed; also used for the query
   */
  public static String describe(Database.Login login, Exception failure) {
    String words = SqlErrors.describe(failure);
    return SqlErrors.state(failure).equals(NOT_LOCKED) ? words + now(login) : words;
  }

  /** The current holders of locks on our tables, in words. */
  static String now(Database.Login login) {
    for (String loaded : LOADED) {
      try {
        return now(login, QUERY.formatted(loaded));
      } catch (SQLException e) {
        // the failure itself is reported anyway
      }
    }
    return "";
  }

  private static String now(Database.Login login, String query) throws SQLException {
    StringJoiner holders = new StringJoiner("; ", "; locks are held by ", "");
    holders.setEmptyValue("");
    try (Connection connection = Database.connect(login);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      while (row.next()) {
        holders.add(
            session(row.getInt(1), row.getString(2), row.getString(3)) + " on " + row.getString(4));
      }
    }
    return holders.toString();
  }

  /**
   * Describes a session.
   *
   * @param since when it began; null if this role may not see it
   */
  static String session(int pid, String login, String since) {
    return "session " + pid + " of user " + login + (since == null ? "" : " since " + since);
  }
}

package dev.cameleon.privacy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.mask.Masker;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.postgresql.util.PGobject;

/**
 * Finds and replaces tokens in {@code public.user_logins}, recognized by their form and their key's
 * id. It works through ranges of the table's pages, so that it needs no index and little memory; in
 * a partitioned table, a range covers the same pages of every partition.
 */
final class LoginTokens {
  /**
   * A token's form as an SQL regular expression; {@link dev.cameleon.mask.Token} has the same in
   * Java.
   */
  static final String FORM = "'^.+_[0-9a-f]{8}_[A-Za-z0-9_-]{22}$'";

  /** The table's size in pages of 8 kB, or that of its largest partition. */
  private static final String PAGES =
      "WITH RECURSIVE tree AS (SELECT 'public.user_logins'::regclass::oid AS part"
          + " UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = part)"
          + " SELECT coalesce(max(pg_relation_size(part)"
          + " / current_setting('block_size')::bigint), 0), count(*) FROM tree";

  private static final String RANGE = " ctid >= ?::tid AND ctid < ?::tid";

  /** How many unknown keys are listed by id at most. */
  private static final int MOST_KEYS = 100;

  private final Connection connection;
  private final List<String> older;
  private final Masker masker;
  private final String values;
  private final String find;
  private final String replace;

  /**
   * Works on these columns.
   *
   * @param columns columns that may hold tokens, quoted for SQL; at least one
   * @param older the ids of the keys whose tokens are replaced
   */
  LoginTokens(Connection connection, List<String> columns, List<String> older, Masker masker) {
    this.connection = connection;
    this.older = older;
    this.masker = masker;
    this.values = "unnest(ARRAY[" + String.join("::text, ", columns) + "::text]) AS v(token)";
    this.find =
        "SELECT DISTINCT token FROM public.user_logins, LATERAL "
            + values
            + " WHERE"
            + RANGE
            + " AND left(right(token, 31), 8) = ANY (?) AND token ~ "
            + FORM;
    this.replace =
        "UPDATE public.user_logins SET "
            + String.join(
                ", ",
                columns.stream()
                    .map(c -> c + " = coalesce(m.renewed ->> " + c + "::text, " + c + ")")
                    .toList())
            + " FROM (SELECT ?::jsonb AS renewed) m WHERE"
            + RANGE.replace("ctid", "user_logins.ctid")
            + " AND ("
            + String.join(
                " OR ", columns.stream().map(c -> "m.renewed ?? " + c + "::text").toList())
            + ")";
  }

  /**
   * The columns that may hold tokens, quoted for SQL. A user id that is not masked is chosen by the
   * sender and may look like a token: treated as one, it would be rewritten, or would keep another
   * person's vault entry.
   */
  static List<String> columns(Connection connection) throws SQLException {
    List<String> columns = new ArrayList<>(Logins.columns(connection));
    if (!Logins.masksUsers(connection)) {
      columns.remove("user_id");
    }
    return columns;
  }

  /**
   * The extent of the page ranges.
   *
   * @param pages pages of the largest partition
   * @param partitions how many there are; 1 if the table is not partitioned
   */
  record Size(long pages, int partitions) {}

  Size size() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(PAGES)) {
      row.next();
      return new Size(row.getLong(1), Math.max(1, row.getInt(2)));
    }
  }

  /**
   * Replaces the tokens of older keys in a range of pages, in a transaction of its own.
   *
   * @param to the page after the last one
   * @return how many rows were changed
   */
  int renew(long from, long to) throws SQLException {
    ObjectNode renewed = JsonMapper.builder().build().createObjectNode();
    try (PreparedStatement statement = connection.prepareStatement(find)) {
      statement.setString(1, "(" + from + ",0)");
      statement.setString(2, "(" + to + ",0)");
      statement.setArray(3, connection.createArrayOf("text", older.toArray()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          renewed.put(row.getString(1), masker.renew(row.getString(1)));
        }
      }
    }
    if (renewed.isEmpty()) {
      return 0;
    }
    try (PreparedStatement statement = connection.prepareStatement(replace)) {
      // Passed as jsonb: a text would be parsed again for each row.
      PGobject json = new PGobject();
      json.setType("jsonb");
      json.setValue(renewed.toString());
      statement.setObject(1, json);
      statement.setString(2, "(" + from + ",0)");
      statement.setString(3, "(" + to + ",0)");
      return statement.executeUpdate();
    }
  }

  /**
   * Counts all tokens by key id, the older keys' first, in one statement and so in one snapshot: a
   * walk through the pages could miss a row that a concurrent update moves.
   */
  Map<String, Long> count() throws SQLException {
    String sql =
        "SELECT left(right(token, 31), 8) AS id, count(*) FROM public.user_logins, LATERAL "
            + values
            + " WHERE token ~ "
            + FORM
            + " GROUP BY 1 ORDER BY left(right(token, 31), 8) = ANY (?) DESC, 2 DESC LIMIT "
            + MOST_KEYS;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, connection.createArrayOf("text", older.toArray()));
      Map<String, Long> counts = new LinkedHashMap<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          counts.put(row.getString(1), row.getLong(2));
        }
      }
      return counts;
    }
  }
}

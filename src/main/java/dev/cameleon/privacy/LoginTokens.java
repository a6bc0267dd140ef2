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
 * The tokens in {@code public.user_logins}, known by their form and their key's id. They are read
 * and replaced by ranges of the table's pages, so that no index is needed and memory is bounded; of
 * a partitioned table, a range is that of each of its partitions.
 */
final class LoginTokens {
  /** How SQL knows a token; {@link dev.cameleon.mask.Token} says the same. */
  static final String FORM = "'^.+_[0-9a-f]{8}_[A-Za-z0-9_-]{22}$'";

  /** The pages of 8 kB that a table has, the largest of its partitions if it has some. */
  private static final String PAGES =
      "WITH RECURSIVE tree AS (SELECT 'public.user_logins'::regclass::oid AS part"
          + " UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = part)"
          + " SELECT coalesce(max(pg_relation_size(part)"
          + " / current_setting('block_size')::bigint), 0), count(*) FROM tree";

  private static final String RANGE = " ctid >= ?::tid AND ctid < ?::tid";

  /** Some kinds of tokens that nobody knows are told by their ids, not thousands. */
  private static final int MOST_KEYS = 100;

  private final Connection connection;
  private final List<String> older;
  private final Masker masker;
  private final String values;
  private final String find;
  private final String replace;

  /**
   * Makes it.
   *
   * @param columns those that may hold tokens, quoted for SQL; at least one
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
   * The columns that may hold tokens, quoted for SQL. A user id that is not masked is what the
   * sender chose, and may look like a token: taken for one, it would be rewritten, or would keep
   * the entry of somebody else.
   */
  static List<String> columns(Connection connection) throws SQLException {
    List<String> columns = new ArrayList<>(Logins.columns(connection));
    if (!Logins.masksUsers(connection)) {
      columns.remove("user_id");
    }
    return columns;
  }

  /**
   * How far the ranges go.
   *
   * @param pages of the largest partition
   * @param partitions how many there are; 1 for a table without
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
      // As jsonb from the start: a text would be parsed again for each row.
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
   * Counts all tokens by their key's id, the older keys' first, in one statement and so at one
   * moment: a walk through the pages could miss a row that somebody's update moves meanwhile.
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

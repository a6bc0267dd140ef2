package dev.cameleon.privacy;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * The tables that the pipelines of this database load, according to {@code cameleon.loaded_table}.
 * A table comes before the tables that its rows lead to.
 */
final class PersonalTables {
  /**
   * One table.
   *
   * @param name its name, quoted for SQL
   * @param columns its text columns that are wide enough for a token (33 characters or more),
   *     quoted for SQL; including columns that an operator added
   * @param people the columns that name a person, quoted
   * @param maskedPeople the columns of {@code people} that hold tokens
   * @param hidden the columns that may contain text within another type, such as {@code jsonb} or
   *     an array: a token in them can be found, but not replaced
   * @param rowsOfPerson the condition for the rows {@code l} of the person {@code :subject}
   * @param delete whether erasure deletes a person's rows
   */
  record Table(
      String name,
      List<String> columns,
      Set<String> people,
      Set<String> maskedPeople,
      List<String> hidden,
      String rowsOfPerson,
      boolean delete) {
    /**
     * The columns that may hold tokens. A user id that is not masked is chosen by the sender and
     * may look like a token; if it were treated as one, it would be rewritten, or would keep
     * another person's vault entry.
     */
    List<String> tokenColumns() {
      return columns.stream()
          .filter(column -> !people.contains(column) || maskedPeople.contains(column))
          .toList();
    }

    /** The values of the hidden columns of its rows {@code l}, as rows {@code v (name, value)}. */
    String hiddenValues() {
      return rows(this, hidden);
    }

    /** The table's name for an operator. */
    String label() {
      return PersonalTables.label(name);
    }

    /** A column's name for an operator: with its table, unless it is the shipped one. */
    String label(String column) {
      return PersonalTables.label(name, column);
    }
  }

  static final String LOGINS = "public.user_logins";

  /** The condition for the rows of a person in a table without persons: none. */
  static final String NOBODYS = "false";

  private static final String TABLES =
      """
      SELECT relation, EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(relation)
                                  AND relkind IN ('r', 'p')) AS exists, bool_or(delete_rows) AS delete_rows,
             array_remove(array_agg(DISTINCT quote_ident(person)), NULL) AS people,
             ARRAY(SELECT quote_ident(m.person) FROM cameleon.masked_person m
                    WHERE m.relation = t.relation) AS masked_people,
             array_remove(array_agg(DISTINCT parent), NULL) AS leads_to,
             ARRAY(SELECT p.relation FROM cameleon.loaded_table p
                     JOIN pg_constraint c ON c.contype = 'f' AND c.confrelid = to_regclass(p.relation)
                    WHERE c.conrelid = to_regclass(t.relation)) AS refers_to,
             cameleon.rows_of_person(relation, ':subject') AS mine
        FROM cameleon.loaded_table t
       GROUP BY relation ORDER BY relation
      """;

  private static final String HIDDEN =
      """
      SELECT quote_ident(attname) FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
             JOIN pg_type b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
             LEFT JOIN pg_type e ON e.oid = b.typelem AND b.typcategory = 'A'
       WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
         AND (b.typcategory = 'C' OR b.typname IN ('json', 'jsonb', 'xml', 'hstore')
              OR e.typcategory IN ('S', 'C') OR e.typname IN ('json', 'jsonb', 'xml', 'hstore'))
       ORDER BY attnum
      """;

  private static final String COLUMNS =
      """
      SELECT quote_ident(attname) FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
       WHERE attrelid = to_regclass(?) AND attnum > 0
         AND NOT attisdropped AND attgenerated = ''
         -- Text types of any kind, domains over them and citext included.
         AND typcategory = 'S' AND typname <> 'name'
         -- The type modifier of a text type with a length is that length plus 4.
         AND (atttypmod < 4 OR atttypmod >= 33 + 4)
       ORDER BY attnum
      """;

  private final List<Table> all = new ArrayList<>();
  private final List<String> missing = new ArrayList<>();

  private PersonalTables() {}

  /**
   * Reads the tables.
   *
   * @throws PreventedException if a table no longer exists, because it may have been renamed, and
   *     its rows may use vault entries
   */
  static PersonalTables of(Handle db) {
    PersonalTables tables = present(db);
    if (!tables.missing.isEmpty()) {
      throw new PreventedException(missing(tables.missing.get(0)));
    }
    return tables;
  }

  /** Reads the tables, without those that do not exist. */
  static PersonalTables present(Handle db) {
    PersonalTables tables = new PersonalTables();
    TableOrder order = new TableOrder();
    db.createQuery(TABLES).map((row, context) -> tables.add(db, row, order)).list();
    order.sort(tables.all);
    return tables;
  }

  private boolean add(Handle db, ResultSet row, TableOrder order) throws SQLException {
    String name = row.getString("relation");
    if (!row.getBoolean("exists")) {
      return missing.add(name);
    }
    order.add(name, texts(row, "leads_to"), texts(row, "refers_to"));
    return all.add(
        new Table(
            name,
            db.select(COLUMNS, name).mapTo(String.class).list(),
            texts(row, "people"),
            texts(row, "masked_people"),
            db.select(HIDDEN, name).mapTo(String.class).list(),
            row.getString("mine"),
            row.getBoolean("delete_rows")));
  }

  private static Set<String> texts(ResultSet row, String column) throws SQLException {
    return new HashSet<>(Arrays.asList((String[]) row.getArray(column).getArray()));
  }

  /** The message about a recorded table that does not exist. */
  static String missing(String name) {
    return name
        + ", which a pipeline loads, does not exist any more: if you renamed it, declare its new name"
        + " (CAMELEON_TABLES) and run migrate; if you dropped it, there is nothing to"
        + " declare. Then run: tables"
        + " remove "
        + name;
  }

  /** The tables that exist; each comes before the tables that its rows lead to. */
  List<Table> all() {
    return all;
  }

  /** The names of recorded tables that do not exist. */
  List<String> missing() {
    return missing;
  }

  private static String label(String table) {
    return table.startsWith("public.") ? table.substring("public.".length()) : table;
  }

  static String label(String table, String column) {
    return table.equals(LOGINS) ? column : label(table) + "." + column;
  }

  /** Whether every column of a person holds tokens. */
  static boolean masksUsers(Handle db) {
    return db.createQuery(
            "SELECT count(*) > 0 AND bool_and((relation, person) IN (TABLE cameleon.masked_person))"
                + " FROM cameleon.loaded_table WHERE person IS NOT NULL")
        .mapTo(boolean.class)
        .one();
  }

  /** Whether any row may hold a token. */
  boolean hasTokenColumns() {
    return all.stream().anyMatch(table -> !table.tokenColumns().isEmpty());
  }

  /** A FROM item: all columns' texts, as rows {@code v (name, value)}. */
  String values() {
    return values(all.stream().map(table -> values(table, table.columns())).toList());
  }

  /**
   * A FROM item: the texts of the columns that may hold tokens, as rows {@code v (name, value)}.
   */
  String tokens() {
    return values(all.stream().map(table -> values(table, table.tokenColumns())).toList());
  }

  private static String values(List<String> parts) {
    return parts.stream()
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining(" UNION ALL ", "(", ") v"))
        .replaceFirst("^\\(\\) v$", "(SELECT NULL::text, NULL::text WHERE false) v (name, value)");
  }

  private static String values(Table table, List<String> columns) {
    return columns.isEmpty()
        ? ""
        : "SELECT v.name, v.value FROM "
            + table.name()
            + " l CROSS JOIN LATERAL "
            + rows(table, columns);
  }

  /**
   * A column's text with collation C, because the collations of two columns cannot be combined, and
   * a case-insensitive one supports no regular expressions.
   */
  static String text(String column) {
    return "l." + column + "::text COLLATE \"C\"";
  }

  /**
   * A query, in parentheses, for this database's tokens in the hidden columns, as {@code name} and
   * {@code token}.
   */
  String hidden() {
    String found =
        all.stream()
            .filter(table -> !table.hidden().isEmpty())
            .map(
                table ->
                    "SELECT v.name, f.token[1] AS token FROM %s l CROSS JOIN LATERAL %s, LATERAL %s f (token)"
                        .formatted(
                            table.name(), table.hiddenValues(), TokenInSql.tokensIn("v.value")))
            .collect(Collectors.joining(" UNION ALL "));
    return "(%s)"
        .formatted(
            found.isEmpty() ? "SELECT NULL::text AS name, NULL::text AS token WHERE false" : found);
  }

  /** The texts of a row {@code l} as rows {@code v (name, value)}. */
  static String rows(Table table, List<String> columns) {
    return columns.stream()
        .map(column -> "('%s', %s)".formatted(table.label(column).replace("'", "''"), text(column)))
        .collect(Collectors.joining(", ", "(VALUES ", ") v (name, value)"));
  }

  /**
   * A query for the tokens of a relation that rows use, with one join per column, so that an index
   * helps.
   *
   * @param source an SQL relation with a column {@code token}
   */
  String used(String source) {
    List<String> parts = new ArrayList<>();
    for (Table table : all) {
      for (String column : table.tokenColumns()) {
        parts.add(
            "SELECT s.token FROM %s s JOIN %s l ON s.token = l.%s::text"
                .formatted(source, table.name(), column));
      }
    }
    return parts.isEmpty()
        ? "SELECT token FROM " + source + " WHERE false"
        : String.join(" UNION ", parts);
  }

  /** A query, in parentheses, for the tokens of the vault that no row uses. */
  String unused() {
    return "(SELECT token FROM cameleon.vault EXCEPT (%s) EXCEPT (SELECT token FROM %s h))"
        .formatted(used("cameleon.vault"), hidden());
  }
}

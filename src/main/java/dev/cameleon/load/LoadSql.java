package dev.cameleon.load;

import dev.cameleon.db.LoadedTable;
import dev.cameleon.errors.SafeQuote;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.postgresql.core.Parser;

/**
 * {@code load.sql}: the operator's INSERT statements over {@code event}, separated by semicolons.
 * The driver's own parser tells quotes and comments from code.
 *
 * @param file where it was read
 * @param text its content
 * @param inserts the statements, in the file's order
 */
public record LoadSql(Path file, String text, List<Insert> inserts) {
  /**
   * One INSERT statement.
   *
   * @param text the statement as in the file
   * @param offset its beginning in the file, in characters
   * @param table its target, as written
   * @param upsert whether it has ON CONFLICT
   */
  record Insert(String text, int offset, String table, boolean upsert) {
    /** The statement for a prepared statement of JDBC, in which a lone {@code ?} is a parameter. */
    String forJdbc() {
      StringBuilder jdbc = new StringBuilder(text.length());
      SqlScan scan = new SqlScan(text);
      while (scan.next()) {
        jdbc.append(text, scan.start(), scan.end());
        if (scan.isCode() && text.charAt(scan.start()) == '?') {
          jdbc.append('?');
        }
      }
      return jdbc.toString();
    }
  }

  private static final Pattern ALIAS =
      Pattern.compile("(?i)\\bevent\\s+(?:as\\s+)?([a-z_][a-z_0-9]*)");

  private static final Set<String> STATEMENTS =
      Set.of(
          "INSERT",
          "UPDATE",
          "DELETE",
          "MERGE",
          "SELECT",
          "VALUES",
          "TABLE",
          "CREATE",
          "ALTER",
          "DROP",
          "TRUNCATE",
          "COPY",
          "CALL",
          "DO",
          "SET",
          "GRANT",
          "BEGIN",
          "COMMIT");

  /**
   * Reads the file.
   *
   * @throws IOException if it cannot be read, or holds anything but INSERT statements without
   *     RETURNING; the message names file, line and remedy
   */
  public static LoadSql read(Path file) throws IOException {
    return parse(file, Files.readString(file));
  }

  /**
   * As {@link #read}, from the text of the file.
   *
   * @param file for messages
   * @throws IOException if it holds anything but INSERT statements without RETURNING
   */
  public static LoadSql parse(Path file, String text) throws IOException {
    int parameter = text.indexOf(":?");
    if (parameter >= 0) {
      throw problem(
          file,
          text,
          parameter,
          "parameters are not allowed: read the columns of event instead of :?…");
    }
    List<Insert> inserts = new ArrayList<>();
    int from = 0;
    while (from < text.length()) {
      Statement statement = new Statement(file, text, from);
      statement.insert().ifPresent(inserts::add);
      from = statement.next;
    }
    if (inserts.isEmpty()) {
      throw new IOException(SafeQuote.path(file) + " has no INSERT");
    }
    return new LoadSql(file, text, List.copyOf(inserts));
  }

  /** The tables that are written with ON CONFLICT, which reads and changes existing rows. */
  public Set<LoadedTable.Name> upserts() {
    return inserts.stream()
        .filter(Insert::upsert)
        .map(insert -> LoadedTable.Name.of(insert.table()))
        .collect(Collectors.toSet());
  }

  /**
   * The targets that are not among these tables, as problems; an unqualified target is compared by
   * name only.
   */
  public List<String> undeclared(Collection<LoadedTable.Name> declared) {
    return inserts.stream()
        .filter(
            insert -> {
              LoadedTable.Name target = LoadedTable.Name.of(insert.table());
              return declared.stream()
                  .noneMatch(
                      name ->
                          name.name().equals(target.name())
                              && (!insert.table().contains(".")
                                  || name.schema().equals(target.schema())));
            })
        .map(insert -> place(insert.offset()) + ": " + WrittenTables.undeclared(insert.table()))
        .toList();
  }

  private static IOException problem(Path file, String text, int offset, String problem) {
    return new IOException(SafeQuote.path(file) + place(text, offset) + ": " + problem);
  }

  /** The place in the file, as {@code :line:column}, of an offset in characters. */
  private static String place(String text, int offset) {
    String before = text.substring(0, Math.min(offset, text.length()));
    int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
    return ":" + line + ":" + (before.length() - before.lastIndexOf('\n'));
  }

  /** Parses the statement from one place to the next semicolon. */
  private static final class Statement {
    private final Path file;
    private final String text;
    private final int from;
    private final int next;
    private int begin = -1;
    private String verb = "";
    private String table = "";
    private boolean upsert;

    Statement(Path file, String text, int from) throws IOException {
      this.file = file;
      this.text = text;
      this.from = from;
      this.next = scan();
    }

    private int scan() throws IOException {
      SqlScan scan = new SqlScan(text.substring(from));
      int depth = 0;
      while (scan.next()) {
        int at = from + scan.start();
        char c = text.charAt(at);
        if (scan.isComment() || Character.isWhitespace(c)) {
          continue;
        }
        if (scan.isCode() && c == ';' && depth == 0) {
          return from + scan.end();
        }
        begin = begin < 0 ? at : begin;
        depth += scan.isCode() && c == '(' ? 1 : 0;
        depth -= scan.isCode() && c == ')' ? 1 : 0;
        if (depth < 0) {
          throw problem(file, text, at, "this parenthesis has no opening one");
        }
        String word = scan.word();
        if (depth == 0) {
          word(word, at, from + scan.end());
        }
      }
      if (depth > 0) {
        throw problem(file, text, begin, "a parenthesis of this statement is not closed");
      }
      return text.length();
    }

    private void word(String word, int at, int end) throws IOException {
      if (verb.isEmpty() && STATEMENTS.contains(word)) {
        verb = word;
        if (!word.equals("INSERT")) {
          throw problem(file, text, at, word + " is not allowed: load.sql may only INSERT");
        }
      } else if (word.equals("INTO") && table.isEmpty()) {
        table = target(end);
      } else if (word.equals("CONFLICT")) {
        upsert = true;
      } else if (word.equals("RETURNING")) {
        throw problem(file, text, at, "remove RETURNING: Cameleon adds its own, to count the rows");
      }
    }

    /** The name after INTO. */
    private String target(int from) {
      SqlScan scan = new SqlScan(text.substring(from));
      StringBuilder name = new StringBuilder();
      while (scan.next()) {
        char c = text.charAt(from + scan.start());
        boolean part = scan.isCode() ? Parser.isIdentifierContChar(c) || c == '.' : c == '"';
        if (part) {
          name.append(text, from + scan.start(), from + scan.end());
        } else if (!name.isEmpty()) {
          break;
        }
      }
      return name.toString();
    }

    Optional<Insert> insert() throws IOException {
      if (begin < 0) {
        return Optional.empty();
      }
      if (verb.isEmpty()) {
        throw problem(file, text, begin, "not an INSERT");
      }
      int end = text.charAt(next - 1) == ';' ? next - 1 : next;
      return Optional.of(new Insert(text.substring(begin, end), begin, table, upsert));
    }
  }

  /**
   * The places of an unquoted word, as {@code file:line:column}; not after a dot or {@code AS},
   * where any word is a name.
   */
  List<String> bare(String wanted) {
    List<String> places = new ArrayList<>();
    for (Insert insert : inserts) {
      SqlScan scan = new SqlScan(insert.text());
      String before = "";
      while (scan.next()) {
        char c = insert.text().charAt(scan.start());
        if (!scan.isComment() && !Character.isWhitespace(c)) {
          String word = scan.word();
          if (word.equalsIgnoreCase(wanted) && !before.equals("AS") && !before.equals(".")) {
            places.add(place(insert.offset() + scan.start()));
          }
          before = word.isEmpty() ? String.valueOf(c) : word;
        }
      }
    }
    return places;
  }

  /**
   * Whether an INSERT uses a whole row of event, for example {@code to_jsonb(event)} or {@code
   * e.*}.
   */
  boolean readsWholeEvent() {
    for (Insert insert : inserts) {
      String names = "event";
      Matcher alias = ALIAS.matcher(insert.text());
      while (alias.find()) {
        names += "|" + alias.group(1);
      }
      if (Pattern.compile("(?i)[(,\\s](?:" + names + ")(?:\\s*\\.\\s*\\*|\\s*\\))")
          .matcher(insert.text())
          .find()) {
        return true;
      }
    }
    return false;
  }

  /**
   * The place in the file, as {@code file:line:column}, of a position that PostgreSQL reported.
   *
   * @param offset in characters from the file's beginning
   */
  String place(int offset) {
    return SafeQuote.path(file) + place(text, offset);
  }
}

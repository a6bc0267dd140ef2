package dev.cameleon.load;

import dev.cameleon.errors.SafeQuote;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code load.sql}, run outside the route to prove that it works before messages depend on it. */
public final class LoadSql {
  private static final String BATCH = ":?batch";
  private static final String VAULT = ":?vault";
  private static final Pattern PARAMETER = Pattern.compile(":\\?\\w*");
  private static final Pattern COMMENT = Pattern.compile("--[^\n]*");

  private static final int TIMEOUT_SECONDS = 5;

  private final String sql;
  private final List<String> parameters = new ArrayList<>();

  private LoadSql(String text) {
    Matcher parameter = PARAMETER.matcher(text);
    while (parameter.find()) {
      parameters.add(parameter.group());
    }
    this.sql = parameter.replaceAll("?");
  }

  /**
   * Reads the statement.
   *
   * @throws IOException if the file cannot be read or does not use the parameter {@code :?batch}
   */
  public static LoadSql read(Path file) throws IOException {
    String text = Files.readString(file);
    Matcher comments = COMMENT.matcher(text);
    while (comments.find()) {
      Matcher parameter = PARAMETER.matcher(comments.group());
      if (parameter.find()) {
        // Camel would count it as a parameter; PostgreSQL would not.
        throw new IOException(
            SafeQuote.path(file)
                + " has "
                + parameter.group()
                + " in a comment; write it without the :?");
      }
    }
    LoadSql statement = new LoadSql(text);
    if (!statement.parameters.contains(BATCH)) {
      throw new IOException(
          SafeQuote.path(file) + " does not use the parameter " + BATCH + ", the batch of rows");
    }
    for (String parameter : statement.parameters) {
      if (!parameter.equals(BATCH) && !parameter.equals(VAULT)) {
        throw new IOException(
            SafeQuote.path(file)
                + " uses the unknown parameter "
                + parameter
                + "; there are only "
                + BATCH
                + " and "
                + VAULT);
      }
    }
    return statement;
  }

  /** Whether the statement writes vault entries. */
  public boolean writesVault() {
    return parameters.contains(VAULT) && sql.contains("cameleon.vault");
  }

  /**
   * Runs the statement.
   *
   * @return the number of rows inserted
   */
  public int run(Connection connection, LoadParameters values) throws SQLException {
    try (Statement limit = connection.createStatement();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      // The limit in the server: a locked table also delays the description of the parameters,
      // which the driver's query time-out does not cover.
      limit.execute("SET statement_timeout = '" + TIMEOUT_SECONDS + "s'");
      // The driver's limit, for the wait for a standby, which the server's does not cover. The wait
      // must be cancelled, because a server process in it does not notice that the client is gone.
      statement.setQueryTimeout(TIMEOUT_SECONDS + 1);
      // The socket's limit, for a server that disappears silently: then no other limit is noticed.
      connection.setNetworkTimeout(Runnable::run, 2000 * TIMEOUT_SECONDS);
      for (int i = 0; i < parameters.size(); i++) {
        statement.setString(
            i + 1, parameters.get(i).equals(BATCH) ? values.batch() : values.vault());
      }
      return statement.executeUpdate();
    }
  }
}

package dev.cameleon.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code load.sql} run outside the route: to prove that it works before messages depend on it. */
public final class LoadStatement {
  private static final String BATCH = ":?batch";
  private static final Pattern PARAMETER = Pattern.compile(":\\?\\w*");

  private static final int TIMEOUT_SECONDS = 5;

  private final String sql;

  private LoadStatement(String sql) {
    this.sql = sql;
  }

  /**
   * Reads the statement.
   *
   * @throws IOException if the file cannot be read or does not use the parameter {@code :?batch}
   */
  public static LoadStatement read(Path file) throws IOException {
    String text = Files.readString(file);
    if (!text.contains(BATCH)) {
      throw new IOException(file + " does not use the parameter " + BATCH + ", the batch of rows");
    }
    Matcher parameters = PARAMETER.matcher(text);
    while (parameters.find()) {
      if (!parameters.group().equals(BATCH)) {
        throw new IOException(
            file
                + " uses the parameter "
                + parameters.group()
                + " (in a comment, perhaps); there is"
                + " only "
                + BATCH);
      }
    }
    return new LoadStatement(text.replace(BATCH, "?"));
  }

  /**
   * Runs the statement.
   *
   * @param json the batch, as {@link Batch#getJson()} gives it
   * @return the number of rows inserted
   */
  public int run(Connection connection, String json) throws SQLException {
    try (Statement limit = connection.createStatement();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      // The server's limit: a locked table holds up the parameters' description as well, which the
      // driver's query time-out does not cover.
      limit.execute("SET statement_timeout = '" + TIMEOUT_SECONDS + "s'");
      // And if the server is gone without a word, nobody hears that the time is over.
      connection.setNetworkTimeout(Runnable::run, 2000 * TIMEOUT_SECONDS);
      for (int i = 1; i <= statement.getParameterMetaData().getParameterCount(); i++) {
        statement.setString(i, json);
      }
      return statement.executeUpdate();
    }
  }
}

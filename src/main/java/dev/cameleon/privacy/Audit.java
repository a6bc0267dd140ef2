package dev.cameleon.privacy;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** The record of who did what to personal data, and why: a chain that is only added to. */
public final class Audit {
  /**
   * What somebody does.
   *
   * @param name of the act, e.g. {@code reveal}
   * @param token whom or what it is about, as a token; null if it is about none
   * @param purpose why; null where a ticket says it
   * @param ticket where it was asked for; null if nowhere
   * @param detail what else there is to say; null if nothing. Never a personal value
   */
  public record Act(String name, String token, String purpose, String ticket, String detail) {}

  /**
   * What was recorded.
   *
   * @param seq its number in the chain
   * @param head the chain's hash up to it, 64 hexadecimal digits: whoever keeps it elsewhere can
   *     prove later that nothing before it was changed
   */
  public record Entry(long seq, String head) {}

  private Audit() {}

  /** Records an act, in the connection's own transaction; the actor is who logged in. */
  public static Entry record(Connection connection, Act act) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT seq, head FROM cameleon.record_act(?, ?, ?, ?, ?)")) {
      statement.setString(1, act.name());
      statement.setString(2, act.token());
      statement.setString(3, act.purpose());
      statement.setString(4, act.ticket());
      statement.setString(5, act.detail());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return new Entry(row.getLong(1), row.getString(2));
      }
    }
  }
}

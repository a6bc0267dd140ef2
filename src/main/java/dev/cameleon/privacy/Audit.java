package dev.cameleon.privacy;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Records who did what to personal data, and why, in a hash chain that is only appended to. */
public final class Audit {
  /**
   * An act to record.
   *
   * @param name the act, for example {@code reveal}
   * @param token the token of the person or value that it is about; null if none
   * @param purpose why; null if a ticket says it
   * @param ticket the ticket that asks for it; null if there is none
   * @param detail further facts, or null; never a personal value
   */
  public record Act(String name, String token, String purpose, String ticket, String detail) {}

  /**
   * A recorded act.
   *
   * @param seq its number in the chain
   * @param head the chain's hash up to this entry, 64 hexadecimal digits: whoever keeps it
   *     elsewhere can prove later that no earlier entry was changed
   */
  public record Entry(long seq, String head) {}

  private Audit() {}

  /**
   * Records an act in the connection's own transaction; the actor is the connection's login.
   *
   * @throws SQLException if the database refuses or fails; nothing is recorded then
   */
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

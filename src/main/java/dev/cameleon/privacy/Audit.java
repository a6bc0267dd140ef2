package dev.cameleon.privacy;

import java.sql.Connection;
import java.sql.SQLException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;

/** Records who did what to personal data, and why, in a hash chain that is only appended to. */
public final class Audit {
  /**
   * An action to record.
   *
   * @param name the action, for example {@code reveal}
   * @param token the token of the person or value concerned; null if none
   * @param purpose the reason; null if only a ticket gives it
   * @param ticket the ticket of the request; null if there is none
   * @param detail further facts, or null; never a personal value
   */
  public record Act(String name, String token, String purpose, String ticket, String detail) {}

  /**
   * A recorded action.
   *
   * @param seq its number in the chain
   * @param head the chain's hash up to this entry, 64 hexadecimal digits; a copy kept elsewhere can
   *     prove later that no earlier entry was changed
   */
  public record Entry(long seq, String head) {}

  private Audit() {}

  /**
   * Records an action in the connection's own transaction; the actor is the connection's login.
   *
   * @throws SQLException if the database refuses or fails, in which case nothing is recorded
   */
  public static Entry record(Connection connection, Act act) throws SQLException {
    return Sql.call(() -> record(Sql.on(connection), act));
  }

  static Entry record(Handle db, Act act) {
    return db.createQuery(
            "SELECT seq, head FROM"
                + " cameleon.record_act(:name, :token, :purpose, :ticket, :detail)")
        .bindMethods(act)
        .map(ConstructorMapper.of(Entry.class))
        .one();
  }
}

package dev.cameleon.privacy;

import dev.cameleon.crypto.KeyUnavailableException;
import dev.cameleon.db.SqlErrors;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Function;

/**
 * Requests of one person for one purpose. Each is committed to the audit before it is answered, and
 * how it ended is committed before anybody sees the answer.
 */
final class AuditedRequests {
  /** Answers a request. */
  @FunctionalInterface
  interface Work<T> {
    T answer(long request) throws SQLException;
  }

  private static final String OUTCOME = "reveal-outcome";

  private final Connection connection;
  private final String purpose;
  private final String ticket;
  private String head = "";

  AuditedRequests(Connection connection, String purpose, String ticket) throws SQLException {
    connection.setAutoCommit(true);
    this.connection = connection;
    this.purpose = purpose;
    this.ticket = ticket;
  }

  /**
   * Makes one request.
   *
   * @param act its name in the audit
   * @param token what it is about; null if it is not about a token
   * @param detail what else the audit is to hold; null if nothing
   * @param work answers it
   * @param outcome says in a few words how it ended
   * @throws SQLException if the database refuses or fails; the request may be on record then
   * @throws KeyUnavailableException if the private key cannot be used; the request is on record
   */
  <T> T ask(String act, String token, String detail, Work<T> work, Function<T, String> outcome)
      throws SQLException {
    long request = record(act, token, detail);
    T answer;
    try {
      answer = work.answer(request);
    } catch (SQLException e) {
      recordFailure(request, token, "SQLSTATE " + SqlErrors.state(e), e);
      throw e;
    } catch (KeyUnavailableException e) {
      recordFailure(request, token, "the private key cannot be used", e);
      throw e;
    }
    record(OUTCOME, token, outcome(request, outcome.apply(answer)));
    return answer;
  }

  /** The head of the audit's chain after the last record; empty before the first. */
  String head() {
    return head;
  }

  private void recordFailure(long request, String token, String why, Exception failure) {
    try {
      record(OUTCOME, token, outcome(request, "failed, " + why));
    } catch (SQLException unrecorded) {
      failure.addSuppressed(unrecorded); // the request is on record, and nobody saw the answer
    }
  }

  private static String outcome(long request, String outcome) {
    return "request " + request + ": " + outcome;
  }

  private long record(String act, String token, String detail) throws SQLException {
    Audit.Entry entry =
        Audit.record(connection, new Audit.Act(act, token, purpose, ticket, detail));
    head = entry.head();
    return entry.seq();
  }
}

package dev.cameleon.privacy;

import dev.cameleon.crypto.KeyUnavailableException;
import dev.cameleon.db.SqlErrors;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;

/**
 * Makes requests under one purpose. Each request is committed to the audit before it is answered,
 * and its outcome is committed before the caller sees the answer.
 */
final class AuditedRequests {
  private static final String OUTCOME = "reveal-outcome";

  private final Handle db;
  private final String purpose;
  private final String ticket;
  private String head = "";

  /** Makes requests, each in a transaction of its own. */
  AuditedRequests(Handle db, String purpose, String ticket) {
    this.db = db;
    this.purpose = purpose;
    this.ticket = ticket;
  }

  /**
   * Makes one request.
   *
   * @param act the action's name in the audit
   * @param token the token concerned; null if none
   * @param detail further facts for the audit; null if none
   * @param work computes the answer
   * @param outcome describes the answer in a few words, for the audit
   * @throws JdbiException if the database refuses or fails; the request may then be in the audit
   * @throws KeyUnavailableException if the private key cannot be used; the request is in the audit
   */
  <T> T ask(
      String act, String token, String detail, LongFunction<T> work, Function<T, String> outcome) {
    long request = record(act, token, detail);
    T answer;
    try {
      answer = work.apply(request);
    } catch (JdbiException e) {
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
    } catch (JdbiException unrecorded) {
      failure.addSuppressed(unrecorded); // the request is in the audit, and nobody saw the answer
    }
  }

  private static String outcome(long request, String outcome) {
    return "request " + request + ": " + outcome;
  }

  private long record(String act, String token, String detail) {
    Audit.Entry entry = Audit.record(db, new Audit.Act(act, token, purpose, ticket, detail));
    head = entry.head();
    return entry.seq();
  }
}

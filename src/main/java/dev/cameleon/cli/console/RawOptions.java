package dev.cameleon.cli.console;

import dev.cameleon.db.Database;
import dev.cameleon.privacy.Audit;
import java.sql.Connection;
import java.sql.SQLException;
import picocli.CommandLine.Option;

/** What it takes to have original bodies: a reason, which goes on record. */
public final class RawOptions {
  @Option(names = "--raw", description = "Include the original body; needs --purpose.")
  private boolean raw;

  @Option(
      names = "--purpose",
      paramLabel = "TEXT",
      description = "The reason, for the audit. No personal data: the audit is never deleted.")
  private String purpose;

  @Option(
      names = "--ticket",
      paramLabel = "ID",
      description = "The ticket of the request, for the audit.")
  private String ticket;

  /** Whether original bodies are asked for. */
  public boolean raw() {
    return raw;
  }

  /** Says why the database refused it, and which roles it takes. */
  public static FailedException failure(Database.Login login, SQLException cause) {
    return FailedException.of(login, cause, "cameleon_revealer", "cameleon_officer");
  }

  /** Refuses one without the other. */
  public void check() throws UsageException {
    if (raw && purpose == null) {
      throw new UsageException("--raw needs --purpose TEXT: the audit records the reason");
    }
    if (!raw && (purpose != null || ticket != null)) {
      throw new UsageException(
          "--purpose and --ticket need --raw: without it no personal data is shown");
    }
    AuditReason.check(purpose, ticket);
  }

  /**
   * Puts it on record, before anything is handed out.
   *
   * @param act its name
   * @param detail what is asked for; nothing personal
   * @return the head of the audit's chain
   */
  public String record(Connection connection, String act, String detail) throws SQLException {
    return Audit.record(connection, new Audit.Act(act, null, purpose, ticket, detail)).head();
  }
}

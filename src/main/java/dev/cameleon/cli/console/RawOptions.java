package dev.cameleon.cli.console;

import dev.cameleon.db.Database;
import dev.cameleon.privacy.Audit;
import java.sql.Connection;
import java.sql.SQLException;
import picocli.CommandLine.Option;

/** The options for original bodies, which require a purpose for the audit. */
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

  /** Whether original bodies are requested. */
  public boolean raw() {
    return raw;
  }

  /** Explains why the database refused the audit record, and which roles may write it. */
  public static FailedException failure(Database.Login login, SQLException cause) {
    return FailedException.of(login, cause, "cameleon_revealer", "cameleon_officer");
  }

  /** Rejects {@code --raw} without a purpose, and a purpose or ticket without {@code --raw}. */
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
   * Records the request in the audit, before anything is shown.
   *
   * @param act the name of the action
   * @param detail what is requested; nothing personal
   * @return the head of the audit's chain
   */
  public String record(Connection connection, String act, String detail) throws SQLException {
    return Audit.record(connection, new Audit.Act(act, null, purpose, ticket, detail)).head();
  }
}

package dev.cameleon.cli;

import dev.cameleon.vault.Audit;
import java.sql.Connection;
import java.sql.SQLException;
import picocli.CommandLine.Option;

/** What it takes to have original bodies: a reason, which goes on record. */
final class RawOptions {
  /** Whose members may. */
  static final String[] ROLES = {"cameleon_revealer", "cameleon_officer"};

  @Option(names = "--raw", description = "The original body. Takes --purpose.")
  private boolean raw;

  @Option(
      names = "--purpose",
      paramLabel = "TEXT",
      description = "Why, for the audit. No personal values: the audit is never deleted.")
  private String purpose;

  @Option(
      names = "--ticket",
      paramLabel = "ID",
      description = "Where it was asked for, for the audit.")
  private String ticket;

  /** Whether original bodies are asked for. */
  boolean raw() {
    return raw;
  }

  /** Refuses one without the other. */
  void check() throws UsageException {
    if (raw && purpose == null) {
      throw new UsageException("--raw takes --purpose TEXT: the audit records why");
    }
    if (!raw && (purpose != null || ticket != null)) {
      throw new UsageException(
          "--purpose and --ticket are for --raw: without it nothing personal is handed out");
    }
    Reason.check(purpose, ticket);
  }

  /**
   * Puts it on record, before anything is handed out.
   *
   * @param act its name
   * @param detail what is asked for; nothing personal
   * @return the head of the audit's chain
   */
  String record(Connection connection, String act, String detail) throws SQLException {
    return Audit.record(connection, new Audit.Act(act, null, purpose, ticket, detail)).head();
  }
}

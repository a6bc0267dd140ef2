package dev.cameleon.cli.console;

/** Checks the reason for an audited action, and tells the operator to keep the audit's head. */
public final class AuditReason {
  private AuditReason() {}

  /**
   * Rejects a blank reason.
   *
   * @param purpose null if it is optional and absent
   * @param ticket null if there is none
   * @throws UsageException if a purpose or a ticket is blank
   */
  public static void check(String purpose, String ticket) throws UsageException {
    if (purpose != null && purpose.isBlank()) {
      throw new UsageException("--purpose is blank; give the reason, for the audit");
    }
    if (ticket != null && ticket.isBlank()) {
      throw new UsageException("--ticket is blank; leave the option out if there is no ticket");
    }
  }

  /** A sentence for the operator about the head of the audit's chain. */
  public static String keep(String head) {
    return "audit head: " + head + "; keep it outside the database, for audit verify --head";
  }
}

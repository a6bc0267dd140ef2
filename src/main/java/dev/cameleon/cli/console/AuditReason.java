package dev.cameleon.cli.console;

/** Checks the reason of an audited act, and tells what to do with the audit's head. */
public final class AuditReason {
  private AuditReason() {}

  /**
   * Rejects an empty reason.
   *
   * @param purpose null if none is required and none is given
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

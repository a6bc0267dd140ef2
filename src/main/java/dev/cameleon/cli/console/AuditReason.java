package dev.cameleon.cli.console;

/** What an audited act needs, and what it leaves behind. */
public final class AuditReason {
  private AuditReason() {}

  /**
   * Refuses a reason that says nothing.
   *
   * @param purpose null if none is needed and none is given
   * @param ticket null if there is none
   */
  public static void check(String purpose, String ticket) throws UsageException {
    if (purpose != null && purpose.isBlank()) {
      throw new UsageException("--purpose is blank; give the reason, for the audit");
    }
    if (ticket != null && ticket.isBlank()) {
      throw new UsageException("--ticket is blank; leave the option out if there is no ticket");
    }
  }

  /** What to do with the head of the audit's chain. */
  public static String keep(String head) {
    return "audit head: " + head + "; keep it outside the database, for audit verify --head";
  }
}

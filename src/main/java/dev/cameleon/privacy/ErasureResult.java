package dev.cameleon.privacy;

import java.util.List;

/**
 * The result of an erasure.
 *
 * @param found whether there was anything to erase, or an interrupted erase to finish
 * @param tables the loaded tables, as SQL names them
 * @param rows how many rows were rewritten or deleted
 * @param entries how many vault entries were deleted
 * @param kept how many tokens keep their entries, because rows of other persons use them
 * @param waiting how many tokens still have their entries, because the value still arrives or a
 *     rotation is in progress
 * @param arriving whether rows with the value still arrived at the end
 * @param rotating whether tokens or keys from before a rotation are still in use
 * @param audit the audit entry of the request
 */
public record ErasureResult(
    boolean found,
    List<String> tables,
    long rows,
    long entries,
    long kept,
    long waiting,
    boolean arriving,
    boolean rotating,
    Audit.Entry audit) {
  /** Whether no erased value can be revealed any more; if not, erase must run again. */
  public boolean isFinished() {
    return waiting == 0 && !arriving && !rotating;
  }
}

package dev.cameleon.privacy;

/**
 * What erasure did.
 *
 * @param found whether there was anything to erase, or what an interrupted erase left was settled
 * @param rows that were rewritten
 * @param entries of the vault that were deleted
 * @param kept tokens whose entries stay, since rows of others use them
 * @param waiting tokens that are not settled yet: a value still arrives, or a rotation is under way
 * @param arriving whether rows still came in the end
 * @param rotating whether tokens or keys from before a rotation are still in use
 * @param audit where it is recorded
 */
public record ErasureResult(
    boolean found,
    long rows,
    long entries,
    long kept,
    long waiting,
    boolean arriving,
    boolean rotating,
    Audit.Entry audit) {
  /** Whether nothing of it can be revealed any more; if not, there is something left to do. */
  public boolean isFinished() {
    return waiting == 0 && !arriving && !rotating;
  }
}

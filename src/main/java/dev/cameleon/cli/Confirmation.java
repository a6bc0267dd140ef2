package dev.cameleon.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.util.Locale;

/** Asks before what cannot be undone. */
final class Confirmation {
  private Confirmation() {}

  /**
   * Goes on only if somebody agrees.
   *
   * @param yes whether the command line agrees already
   * @param act what is to be done, e.g. {@code delete 12 dead letters}
   * @throws UsageException if nobody is there to ask
   * @throws FailedException if the answer is no
   */
  static void ask(boolean yes, String act, PrintWriter err) throws UsageException, FailedException {
    if (yes) {
      return;
    }
    if (!Printable.isOnTerminal()) {
      throw new UsageException(
          "this would "
              + act
              + "; there is no terminal to ask on: agree with --yes (nothing done)");
    }
    Console console = System.console();
    err.flush();
    String answer = console.readLine("This will %s. Go on? [y/N] ", act);
    if (answer == null || !answer.strip().toLowerCase(Locale.ROOT).matches("y|yes")) {
      throw new FailedException("nothing done");
    }
  }
}

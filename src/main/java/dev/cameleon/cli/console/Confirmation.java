package dev.cameleon.cli.console;

import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** Asks before what cannot be undone. */
public final class Confirmation {
  private static final long TICK_MILLIS = 100;

  private Confirmation() {}

  /**
   * Goes on only if somebody agrees.
   *
   * @param yes whether the command line agrees already
   * @param act what is to be done, e.g. {@code delete 12 dead deadLetters}
   * @param stop whether somebody asked to stop: nobody answers then
   * @throws UsageException if nobody is there to ask
   * @throws FailedException if the answer is no
   */
  public static void ask(boolean yes, String act, BooleanSupplier stop)
      throws UsageException, FailedException, InterruptedException {
    if (yes) {
      return;
    }
    if (!Printable.isOnTerminal()) {
      throw new UsageException(
          "this would "
              + act
              + "; nothing was done: there is no terminal to ask on, so confirm with --yes");
    }
    String answer = answer("This will " + act + ". Continue? [y/N] ", stop);
    if (!answer.strip().toLowerCase(Locale.ROOT).matches("y|yes")) {
      throw new FailedException("nothing was done");
    }
  }

  /** The answer, or an empty string. A read does not end at a signal, so another thread does it. */
  private static String answer(String question, BooleanSupplier stop) throws InterruptedException {
    FutureTask<String> read = new FutureTask<>(() -> System.console().readLine("%s", question));
    Thread reader = new Thread(read, "confirmation");
    reader.setDaemon(true);
    reader.start();
    while (!stop.getAsBoolean()) {
      try {
        return Objects.requireNonNullElse(read.get(TICK_MILLIS, TimeUnit.MILLISECONDS), "");
      } catch (ExecutionException e) {
        return "";
      } catch (TimeoutException e) {
        // still asking
      }
    }
    return "";
  }
}

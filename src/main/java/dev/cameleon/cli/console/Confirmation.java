package dev.cameleon.cli.console;

import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Option;

/** Asks for confirmation before an action that cannot be undone, unless {@code --yes} is given. */
public final class Confirmation {
  private static final long TICK_MILLIS = 100;

  @Option(names = "--yes", description = "Do not ask for confirmation.")
  private boolean yes;

  /**
   * Asks, and returns if the operator confirms.
   *
   * @param act the action, for example {@code delete 12 dead letters}
   * @param stop whether the operator asked to stop, which ends the wait for an answer
   * @throws UsageException if there is no terminal to ask on
   * @throws FailedException if the answer is no
   */
  public void ask(String act, BooleanSupplier stop)
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

  /**
   * Reads the answer; an empty string if there is none. A signal does not end a read, so another
   * thread reads.
   */
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
        // wait for the answer
      }
    }
    return "";
  }
}

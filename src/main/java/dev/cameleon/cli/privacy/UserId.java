package dev.cameleon.cli.privacy;

import dev.cameleon.cli.console.Invocation;
import dev.cameleon.cli.console.UsageException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Reads a user id from an option or from standard input: arguments stay in the shell's history,
 * standard input does not.
 */
final class UserId {
  private UserId() {}

  /**
   * Returns the user id.
   *
   * @param option the id, or {@code -} to read one line of standard input
   * @throws UsageException if it is empty or cannot be read
   */
  static String of(String option, CommandSpec spec) throws UsageException {
    String id = option;
    if (id.equals("-")) {
      try {
        id =
            new BufferedReader(
                    new InputStreamReader(Invocation.of(spec).in(), StandardCharsets.UTF_8))
                .readLine();
      } catch (IOException e) {
        throw new UsageException("cannot read the user id from standard input");
      }
    }
    if (id == null || id.isEmpty()) {
      throw new UsageException("the user id is empty");
    }
    return id;
  }
}

package dev.cameleon.cli.privacy;

import dev.cameleon.cli.console.Invocation;
import dev.cameleon.cli.console.UsageException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A user id as commands take it: arguments stay in the shell's history, standard input does not.
 */
final class UserId {
  private UserId() {}

  /**
   * The user id.
   *
   * @param option the id, or {@code -} to read one line of standard input
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

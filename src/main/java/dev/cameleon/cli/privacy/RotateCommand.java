package dev.cameleon.cli.privacy;

import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.mask.Keyset;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code keys rotate}: adds a new key to a keyset. */
@Command(
    name = "rotate",
    description = {
      "Write a keyset with the current keys and a new primary key. Never overwrites a file.",
      "Keep the older keys as long as there are rows: every token is computed with"
          + " all of them. After keys retokenize, equal values have equal tokens again."
    })
final class RotateCommand extends PrivacyCommand {
  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The file to write, for example keys/mask-2.json.")
  private Path out;

  @Option(
      names = "--keyset",
      paramLabel = "FILE",
      description =
          "The current keyset (default: CAMELEON_KEYSET_JSON, CAMELEON_KEYSET or keys/mask.json).")
  private Path current;

  @Override
  public Integer call() throws FailedException, InvalidSettingsException, UsageException {
    Keyset rotated = KeysCommand.read(current, this).rotated();
    KeysCommand.write(rotated, out);
    out()
        .printf(
            "Wrote %s with the new key %s after %s.%nNext:%n  1. keep a copy where"
                + " you keep secrets;%n  2. give it to every loader (CAMELEON_KEYSET) and restart"
                + " them, one by one if you like: until step 3 ends, the duplicate views may"
                + " show a value twice;%n  3. run keys retokenize with it. From then on the"
                + " database refuses loaders that still have the older keyset.%n",
            SafeQuote.path(out), rotated.currentId(), String.join(" ", rotated.olderIds()));
    return ExitCode.DONE;
  }
}

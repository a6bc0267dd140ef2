package dev.cameleon.cli.privacy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.mask.InvalidKeysetException;
import dev.cameleon.mask.Keyset;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code keys}: the commands for mask keys. */
@Command(
    name = "keys",
    mixinStandardHelpOptions = true,
    description = "Create, list and rotate the keys that mask values.",
    subcommands = {
      KeysCommand.Create.class,
      KeysCommand.ListKeys.class,
      RotateCommand.class,
      RetokenizeCommand.class
    })
public final class KeysCommand implements Callable<Integer> {
  @Override
  public Integer call() throws UsageException {
    throw new UsageException(
        "name a subcommand: keys create, list, rotate or retokenize (see: keys --help)");
  }

  /** Reads the keyset from a file, or the configured keyset if no file is given. */
  static Keyset read(Path file, PrivacyCommand command)
      throws UsageException, InvalidSettingsException {
    try {
      return file == null ? command.keyset() : Keyset.read(file);
    } catch (InvalidKeysetException e) {
      throw new UsageException(e.getMessage());
    }
  }

  static void write(Keyset keyset, Path file) throws FailedException {
    try {
      keyset.write(file);
    } catch (FileAlreadyExistsException e) {
      throw new FailedException(
          SafeQuote.path(file) + " exists; keysets are never overwritten: name another file");
    } catch (IOException e) {
      throw new FailedException(
          SafeQuote.path(file) + " cannot be written (" + e.getClass().getSimpleName() + ")");
    }
  }

  /** {@code keys create}: writes a new keyset. */
  @Command(
      name = "create",
      description = {
        "Write a new keyset that only its owner can read. Never overwrites a file.",
        "Keep a copy where you keep secrets: if you lose the keyset, equal values no longer get"
            + " equal tokens."
      })
  static final class Create extends PrivacyCommand {
    @Option(
        names = "--out",
        required = true,
        paramLabel = "FILE",
        description = "The file to write, for example keys/mask.json.")
    private Path out;

    @Override
    public Integer call() throws FailedException {
      Keyset keyset = Keyset.create();
      write(keyset, out);
      out()
          .println("Wrote " + SafeQuote.path(out) + " with key " + keyset.keys().get(0).id() + ".");
      return ExitCode.DONE;
    }
  }

  /** {@code keys list}: shows the keys without their material. */
  @Command(
      name = "list",
      description = "Show the ids of a keyset's keys and which one is primary; never key material.")
  static final class ListKeys extends PrivacyCommand {
    @Option(
        names = "--keyset",
        paramLabel = "FILE",
        description =
            "The keyset (default: CAMELEON_KEYSET_JSON, CAMELEON_KEYSET or keys/mask.json).")
    private Path file;

    @Option(names = "--json", description = "Print JSON, for scripts.")
    private boolean json;

    @Override
    public Integer call() throws UsageException, InvalidSettingsException {
      Keyset keyset = read(file, this);
      if (json) {
        ArrayNode keys = JsonMapper.builder().build().createArrayNode();
        for (Keyset.KeyInfo key : keyset.keys()) {
          keys.addObject()
              .put("id", key.id())
              .put("primary", key.primary())
              .put("status", key.status());
        }
        out().println(keys);
        return ExitCode.DONE;
      }
      for (Keyset.KeyInfo key : keyset.keys()) {
        out()
            .printf(
                "%s  %s%s%n",
                key.id(), key.status().toLowerCase(Locale.ROOT), key.primary() ? "  primary" : "");
      }
      return ExitCode.DONE;
    }
  }
}

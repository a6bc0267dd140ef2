package dev.cameleon.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.Access;
import dev.cameleon.InvalidSettingsException;
import dev.cameleon.load.Database;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.Token;
import dev.cameleon.vault.InvalidKeyFileException;
import dev.cameleon.vault.PrivateKeyFile;
import dev.cameleon.vault.Reveal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code reveal}: the original values of tokens, with a reason on record. */
@Command(
    name = "reveal",
    mixinStandardHelpOptions = true,
    description = {
      "Show the original values of tokens. Each request is committed to the audit before the"
          + " database hands anything out, and how it ended before the value is shown.",
      "Takes a member of cameleon_revealer (CAMELEON_DB_USER) and the private key of a recipient,"
          + " which stays on this machine. With the mask keyset (CAMELEON_KEYSET), a value that is"
          + " not its token's own is refused.",
      "Prints TOKEN, a tab and the value, control characters escaped as in \\u001b; ends with 1 if a"
          + " token could not be revealed, the others are."
    })
public final class RevealCommand implements Callable<Integer> {
  /** Each takes three transactions; whoever needs more asks again. */
  private static final int MOST_TOKENS = 10_000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--private-key",
      required = true,
      paramLabel = "FILE",
      description =
          "A recipient's RSA key: PKCS #8, PEM, unencrypted; refused if everybody may read it.")
  private Path privateKey;

  @Option(
      names = "--purpose",
      required = true,
      paramLabel = "TEXT",
      description = "Why, for the audit. No personal values: the audit is never deleted.")
  private String purpose;

  @Option(
      names = "--ticket",
      paramLabel = "ID",
      description = "Where it was asked for, for the audit.")
  private String ticket;

  @Option(names = "--json", description = "As JSON, values unescaped, for scripts.")
  private boolean json;

  @Parameters(
      paramLabel = "TOKEN",
      arity = "0..*",
      description = "What to reveal; without any: one per line from standard input.")
  private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() throws UsageException, FailedException, InvalidSettingsException {
    Reason.check(purpose, ticket);
    PrivateKeyFile key = key();
    Database.Login login = Access.database(System.getenv());
    Optional<Keyset> keyset = Access.keysetIfAny(System.getenv());
    Set<String> tokens = arguments.isEmpty() ? tokensOfInput() : tokens("argument ", arguments);
    List<Reveal.Answer> answers = new ArrayList<>();
    String head = "";
    FailedException failure = null;
    try (Connection connection = Database.connect(login)) {
      requireTheDatabases(keyset, connection);
      Reveal reveal = new Reveal(connection, key, keyset, purpose, ticket);
      try {
        for (String token : tokens) {
          answers.add(show(reveal.ask(token)));
        }
      } finally {
        head = reveal.head();
      }
    } catch (SQLException e) {
      failure = FailedException.of(login, e, "cameleon_revealer");
    }
    finish(answers, head, keyset.isPresent());
    if (failure != null) {
      throw failure;
    }
    boolean all = answers.stream().allMatch(answer -> answer.value().isPresent());
    return all ? ExitCode.DONE : ExitCode.FAILED;
  }

  /** With another keyset every value would seem to be another token's. */
  private static void requireTheDatabases(Optional<Keyset> keyset, Connection connection)
      throws SQLException, InvalidSettingsException {
    if (keyset.isPresent()) {
      Optional<String> problem = new MaskGuard(keyset.get(), Map.of()).keyProblem(connection);
      if (problem.isPresent()) {
        throw new InvalidSettingsException(List.of(problem.get()));
      }
    }
  }

  private PrivateKeyFile key() throws UsageException {
    try {
      return PrivateKeyFile.read(privateKey);
    } catch (InvalidKeyFileException e) {
      throw new UsageException(e.getMessage());
    }
  }

  private static Set<String> tokensOfInput() throws UsageException, FailedException {
    List<String> lines = new ArrayList<>();
    try (BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      String line = input.readLine();
      while (line != null && lines.size() <= MOST_TOKENS) {
        lines.add(line);
        line = input.readLine();
      }
    } catch (IOException e) {
      throw new FailedException("standard input cannot be read");
    }
    return tokens("line ", lines);
  }

  /** The tokens of what was given; what is none is not shown, since it may be personal. */
  private static Set<String> tokens(String place, List<String> given) throws UsageException {
    Set<String> tokens = new LinkedHashSet<>();
    for (int i = 0; i < given.size(); i++) {
      String token = given.get(i).strip();
      if (!token.isEmpty() && !Token.isToken(token)) {
        throw new UsageException(
            place
                + (i + 1)
                + " is no token, such as ip_1a2b3c4d_ and 22 more characters; nothing was asked for"
                + " (to find the token of a value: mask)");
      }
      if (!token.isEmpty()) {
        tokens.add(token);
      }
    }
    if (tokens.isEmpty() || given.size() > MOST_TOKENS) {
      throw new UsageException("name 1 to " + MOST_TOKENS + " tokens, nothing was asked for");
    }
    return tokens;
  }

  private Reveal.Answer show(Reveal.Answer answer) {
    String token = Printable.text(answer.token());
    if (json) {
      return answer; // all at the end
    }
    if (answer.value().isPresent()) {
      String value = Printable.text(answer.value().get());
      spec.commandLine().getOut().println(token + '\t' + value);
    } else {
      spec.commandLine().getErr().println(token + ": " + Printable.text(answer.detail()));
    }
    return answer;
  }

  private void finish(List<Reveal.Answer> answers, String head, boolean checked)
      throws FailedException {
    if (json) {
      ObjectNode report = JsonNodeFactory.instance.objectNode();
      ArrayNode all = report.putArray("tokens");
      for (Reveal.Answer answer : answers) {
        ObjectNode one =
            all.addObject().put("token", answer.token()).put("outcome", answer.outcome());
        answer
            .value()
            .ifPresentOrElse(
                value -> one.put("value", value), () -> one.put("detail", answer.detail()));
      }
      report.put("checked_by_keyset", checked);
      report.put("audit_head", head.isEmpty() ? null : head);
      spec.commandLine().getOut().println(Printable.json(report));
    } else if (!head.isEmpty()) {
      if (!checked && answers.stream().anyMatch(answer -> answer.value().isPresent())) {
        spec.commandLine()
            .getErr()
            .println(
                "not checked: whether a value is its token's own can be told with the mask keyset"
                    + " only (CAMELEON_KEYSET)");
      }
      spec.commandLine().getErr().println(Reason.keep(head));
    }
    if (spec.commandLine().getOut().checkError()) {
      throw new FailedException("standard output cannot be written");
    }
  }
}

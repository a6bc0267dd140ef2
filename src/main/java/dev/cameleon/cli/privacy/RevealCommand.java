package dev.cameleon.cli.privacy;

import dev.cameleon.app.CommandConfiguration;
import dev.cameleon.cli.console.AuditReason;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.PrivateKeyOption;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.db.Database;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.Token;
import dev.cameleon.privacy.MaskedColumns;
import dev.cameleon.privacy.PersonRow;
import dev.cameleon.privacy.Reveal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code reveal}: shows the original values of tokens, and records the purpose. */
@Command(
    name = "reveal",
    description = {
      "Show the original values of tokens. The audit records each request before the"
          + " database returns anything, and its outcome before the value is shown.",
      "CAMELEON_DB_USER must be a member of cameleon_revealer. Needs the private key"
          + " of a recipient, which stays on this machine. With the mask keyset"
          + " (CAMELEON_KEYSET), it refuses a value that does not belong to its token.",
      "With --user, prints each column of each row of the person, separated by tabs:"
          + " row number, column, token (if any), value, and the row's create_date."
          + " Columns of tables other than user_logins are prefixed with the table's name.",
      "Otherwise prints TOKEN, a tab and the value. Control characters are escaped,"
          + " for example \\u001b. Exits with 1 if a token could not be revealed; the others"
          + " are shown."
    })
public final class RevealCommand extends PrivacyCommand {
  /** Each token takes three transactions; for more tokens, run the command again. */
  private static final int MOST_TOKENS = 10_000;

  /** Rows are held in memory; one login per hour gives as many in five years. */
  private static final int MOST_ROWS = 50_000;

  @Mixin private PrivateKeyOption privateKey;

  @Option(
      names = "--user",
      paramLabel = "ID",
      description =
          "Show everything that the loaded tables hold about the person with this user id,"
              + " instead of tokens; - reads it from standard input. The audit does not"
              + " record the user id.")
  private String user;

  @Option(
      names = "--purpose",
      required = true,
      paramLabel = "TEXT",
      description = "The reason, for the audit. No personal data: the audit is never deleted.")
  private String purpose;

  @Option(
      names = "--ticket",
      paramLabel = "ID",
      description = "The ticket of the request, for the audit.")
  private String ticket;

  @Option(names = "--json", description = "Print JSON with unescaped values, for scripts.")
  private boolean json;

  @Parameters(
      paramLabel = "TOKEN",
      arity = "0..*",
      description = "The tokens to reveal; without any, read from standard input, one per line.")
  private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() throws UsageException, FailedException, InvalidSettingsException {
    AuditReason.check(purpose, ticket);
    if (user != null && !arguments.isEmpty()) {
      throw new UsageException("give either --user ID or tokens");
    }
    RecipientKey key =
        privateKey
            .key()
            .orElseThrow(
                () ->
                    new UsageException(
                        "give a recipient's key: --private-key FILE or --kms-key ARN"));
    Database.Login login = login();
    Optional<Keyset> keyset = CommandConfiguration.keysetIfAny(environment());
    Set<String> tokens = Set.of();
    if (user == null) {
      tokens =
          arguments.isEmpty()
              ? tokens("line ", lines(MOST_TOKENS + 1))
              : tokens("argument ", arguments);
    }
    String person = user == null ? "" : userId(user);
    RevealReport report =
        new RevealReport(out(), err(), user == null ? "tokens" : "rows", json, keyset.isPresent());
    try (Connection connection = Database.connect(login)) {
      if (keyset.isPresent()) {
        // With another keyset, every value would seem to belong to another token.
        reject(new MaskGuard(keyset.get(), Map.of()).keyProblem(connection));
      }
      Reveal reveal = new Reveal(connection, key, keyset, purpose, ticket);
      requireUserId(reveal, person);
      try {
        for (String token : tokens) {
          report.show(reveal.ask(token));
        }
        if (user != null) {
          showRows(reveal, person, report);
        }
      } finally {
        report.finish(reveal.head());
      }
    } catch (SQLException e) {
      throw FailedException.of(login, e, "cameleon_revealer");
    }
    return report.isComplete() ? ExitCode.DONE : ExitCode.FAILED;
  }

  private static void requireUserId(Reveal reveal, String person)
      throws SQLException, UsageException {
    if (!person.isEmpty() && !Token.isToken(person) && reveal.masksUsers()) {
      throw new UsageException(
          "user ids are masked in this database: give the token of this user id (the"
              + " command mask prints it)");
    }
  }

  private static void showRows(Reveal reveal, String person, RevealReport report)
      throws SQLException, FailedException {
    List<PersonRow> rows = reveal.rowsOf(person, MOST_ROWS + 1);
    if (rows.isEmpty()) {
      throw new FailedException(
          "no row of " + String.join(", ", reveal.tables()) + " has this user id");
    }
    if (rows.size() > MOST_ROWS) {
      throw new FailedException(
          "the person has more than %d rows, the limit of this command; ask an officer to extract them, and reveal their tokens"
              .formatted(MOST_ROWS));
    }
    MaskedColumns masked = reveal.maskedColumns();
    for (PersonRow row : rows) {
      report.show(row, masked, reveal);
    }
  }

  /** Parses tokens. A text that is not a token is not repeated, because it may be personal. */
  private static Set<String> tokens(String place, List<String> given) throws UsageException {
    Set<String> tokens = new LinkedHashSet<>();
    for (int i = 0; i < given.size(); i++) {
      String token = given.get(i).strip();
      if (!token.isEmpty() && !Token.isToken(token)) {
        throw new UsageException(
            place
                + (i + 1)
                + " is not a token, for example ip_1a2b3c4d_ and 22 more characters;"
                + " nothing was revealed (to find the token of a value: mask)");
      }
      if (!token.isEmpty()) {
        tokens.add(token);
      }
    }
    if (tokens.isEmpty() || given.size() > MOST_TOKENS) {
      throw new UsageException("give 1 to " + MOST_TOKENS + " tokens; nothing was revealed");
    }
    return tokens;
  }
}

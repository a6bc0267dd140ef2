package dev.cameleon.cli.privacy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.db.Database;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.privacy.Audit;
import dev.cameleon.privacy.AuditChain;
import dev.cameleon.privacy.AuditRows;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code audit}: shows who did what to personal data, and why. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description = "Show and verify the record of who did what to personal data, and why.",
    subcommands = {AuditCommand.Verify.class, AuditCommand.ListActs.class})
public final class AuditCommand implements Callable<Integer> {
  @Override
  public Integer call() throws UsageException {
    throw new UsageException("name a subcommand: audit verify or audit list (see: audit --help)");
  }

  private static FailedException failed(Database.Login login, SQLException failure) {
    return FailedException.of(login, failure, "cameleon_officer", "cameleon_revealer");
  }

  private static String seconds(Instant at) {
    return at.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** {@code audit verify}: verifies the audit's hash chain. */
  @Command(
      name = "verify",
      description = {
        "Recompute the audit's hash chain; exit with 1 at the first row that does not match"
            + " its hash.",
        "The owner of the table could rewrite the whole chain, or cut its end: only a"
            + " head that you kept elsewhere reveals that (--head).",
        "CAMELEON_DB_USER must be a member of cameleon_officer or cameleon_revealer."
      })
  static final class Verify extends PrivacyCommand {
    @Option(
        names = "--head",
        paramLabel = "HASH",
        description =
            "An earlier head, as reveal, mask or verify printed it: a row must still have it.")
    private String head;

    @Option(names = "--json", description = "Print JSON, for scripts.")
    private boolean json;

    @Override
    public Integer call() throws UsageException, FailedException, InvalidSettingsException {
      Optional<String> kept = Optional.ofNullable(head).map(hash -> hash.toLowerCase(Locale.ROOT));
      if (kept.isPresent() && !kept.get().matches("[0-9a-f]{64}")) {
        throw new UsageException("--head must be 64 hexadecimal digits, as reveal prints them");
      }
      Database.Login login = login();
      AuditChain.Findings findings;
      try (Connection connection = Database.connect(login)) {
        findings = AuditChain.verify(connection, kept);
      } catch (SQLException e) {
        throw failed(login, e);
      }
      if (json) {
        out().println(Printable.json(json(findings)));
      } else {
        print(out(), findings);
      }
      return findings.problem().isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static ObjectNode json(AuditChain.Findings findings) {
      return JsonNodeFactory.instance
          .objectNode()
          .put("verified", findings.problem().isEmpty())
          .put("rows", findings.rows())
          .put("head", findings.head().isEmpty() ? null : findings.head())
          .put("tokens_erased", findings.erased())
          .put("since", findings.since().map(AuditCommand::seconds).orElse(null))
          .put("kept_head_row", findings.keptAt().orElse(null))
          .put("problem", findings.problem().orElse(null));
    }

    private static void print(PrintWriter out, AuditChain.Findings findings) {
      findings.problem().ifPresent(problem -> out.println("BROKEN: " + problem + "."));
      if (findings.rows() == 0) {
        out.println("Rows verified: 0.");
        return;
      }
      out.println(
          "Rows verified: %d, since %s."
              .formatted(findings.rows(), seconds(findings.since().orElseThrow())));
      if (findings.erased() > 0) {
        out.println("Tokens removed by erasures: " + findings.erased() + " (see audit list).");
      }
      findings
          .keptAt()
          .ifPresent(row -> out.println("The head that you kept belongs to row " + row + "."));
      if (findings.problem().isEmpty()) {
        out.println("head: " + findings.head());
      }
    }
  }

  /** {@code audit list}: prints rows of the audit. */
  @Command(
      name = "list",
      description = {
        "Show the audit, newest last; times are UTC.",
        "CAMELEON_DB_USER must be a member of cameleon_officer or cameleon_revealer."
      })
  static final class ListActs extends PrivacyCommand {
    private static final int USUAL = 100;
    private static final String LINE = "%6s  %-20s  %-16s  %-14s  %-38s  %-24s  %-8s  %s%n";

    @Option(
        names = "--since",
        paramLabel = "DATE",
        description = "Show all rows since this day (UTC), for example 2026-01-31.")
    private String since;

    @Option(
        names = "--limit",
        paramLabel = "N",
        description = "Show the newest N rows (default without --since: " + USUAL + ").")
    private Integer limit;

    @Option(names = "--json", description = "Print JSON, for scripts.")
    private boolean json;

    private boolean first = true;

    @Override
    public Integer call() throws UsageException, FailedException, InvalidSettingsException {
      if (since != null && limit != null) {
        throw new UsageException("give --since or --limit, not both");
      }
      if (limit != null && limit < 1) {
        throw new UsageException("--limit must be a whole number of at least 1");
      }
      LocalDate day = since == null ? null : day();
      Database.Login login = login();
      try (Connection connection = Database.connect(login)) {
        if (day == null) {
          AuditRows.last(connection, limit == null ? USUAL : limit, this::show);
        } else {
          AuditRows.since(connection, day, this::show);
        }
      } catch (SQLException e) {
        throw failed(login, e);
      }
      if (json) {
        out().println(first ? "[]" : "]");
      } else if (first) {
        err().println("The audit has no such rows.");
      }
      return ExitCode.DONE;
    }

    private LocalDate day() throws UsageException {
      try {
        return LocalDate.parse(since);
      } catch (DateTimeException e) {
        throw new UsageException("--since must be a day, for example 2026-01-31");
      }
    }

    private void show(AuditRows.Row row) {
      PrintWriter out = out();
      Audit.Act act = row.act();
      boolean isFirst = first;
      first = false;
      if (json) {
        ObjectNode one =
            JsonNodeFactory.instance
                .objectNode()
                .put("seq", row.seq())
                .put("at", row.at().toString())
                .put("actor", row.actor())
                .put("act", act.name())
                .put("token", act.token())
                .put("token_erased_by", row.erasedBy().orElse(null))
                .put("purpose", act.purpose())
                .put("ticket", act.ticket())
                .put("detail", act.detail());
        out.print((isFirst ? "[" : ",\n") + Printable.json(one));
        return;
      }
      if (isFirst) {
        out.printf(LINE, "SEQ", "AT", "ACTOR", "ACT", "TOKEN", "PURPOSE", "TICKET", "DETAIL");
      }
      out.printf(
          LINE,
          row.seq(),
          seconds(row.at()),
          Printable.text(row.actor()),
          Printable.text(act.name()),
          row.erasedBy().map(n -> "erased (see row " + n + ")").orElse(Printable.text(act.token())),
          Printable.text(act.purpose()),
          Printable.text(act.ticket()),
          Printable.text(act.detail()));
    }
  }
}

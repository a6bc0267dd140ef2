package dev.cameleon.cli.dlq;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.dlq.DeadLetterFilter;
import dev.cameleon.dlq.DeadLetterGroups;
import dev.cameleon.dlq.DeadLetterReader;
import dev.cameleon.dlq.ReceivedDeadLetter;
import java.io.PrintWriter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dlq list}: shows which messages failed, why, how often and since when. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = {
      "Count dead letters by reason and field, with the oldest, the newest and an"
          + " example of each. Times are UTC; no personal value is shown."
    },
    footer = {
      "",
      "Examples:",
      "  dlq list --all                          the whole queue",
      "  dlq list --since 2h --reason CONTRACT   failed in the last two hours",
      "  dlq list --each --field ip --json       one JSON object per line",
      "SQS keeps no order: with --limit, it decides which dead letters are read."
    })
public final class DlqListCommand extends DlqSubcommand {
  private static final int USUAL = 1000;
  private static final String ROW = "%-20s  %-13s  %-16s  %-36s  %s%n";

  @Mixin private FilterOptions select;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Read at most N dead letters, shown or not (default: " + USUAL + ").")
  private Integer limit;

  @Option(names = "--all", description = "Read the whole queue.")
  private boolean all;

  @Option(
      names = "--each",
      description = "Print a line for each dead letter as it is read, instead of counts.")
  private boolean each;

  @Override
  public Integer call() throws Exception {
    int most = most();
    DeadLetterFilter selection = select.selection(Set.of());
    try (DlqSession dlq = open()) {
      Set<String> fields = dlq.fields();
      DeadLetterGroups groups = new DeadLetterGroups();
      AtomicLong shown = new AtomicLong();
      AtomicReference<String> example = new AtomicReference<>("");
      Coverage coverage =
          dlq.read(
              "reading",
              most,
              page -> {
                List<ReceivedDeadLetter> some = shown(page, selection, fields);
                if (each) {
                  synchronized (dlq.progress()) { // progress writes to the same terminal
                    dlq.progress().clear();
                    some.forEach(deadLetter -> print(deadLetter, shown.getAndIncrement() == 0));
                  }
                  some.forEach(deadLetter -> example.compareAndSet("", deadLetter.id()));
                } else {
                  some.forEach(groups::add);
                }
                if (out().checkError()) {
                  dlq.deadLetters().enough(); // for example a closed pipe
                }
              });
      if (!each) {
        print(groups.list(), dlq, coverage);
        groups.list().stream().findFirst().ifPresent(group -> example.set(group.example()));
      }
      finish(coverage, example.get());
    }
    return ExitCode.DONE;
  }

  private int most() throws UsageException {
    if (all && limit != null) {
      throw new UsageException("give --all or --limit, not both");
    }
    if (limit != null && limit < 1) {
      throw new UsageException("--limit must be a whole number of at least 1");
    }
    return all ? Integer.MAX_VALUE : limit == null ? USUAL : limit;
  }

  private static List<ReceivedDeadLetter> shown(
      List<ReceivedDeadLetter> page, DeadLetterFilter selection, Set<String> fields) {
    return page.stream().filter(selection).map(deadLetter -> deadLetter.shown(fields)).toList();
  }

  private void print(ReceivedDeadLetter deadLetter, boolean first) {
    PrintWriter out = out();
    if (options().json()) {
      out.println(Printable.json(DeadLetterView.json(deadLetter)));
      return;
    }
    if (first) {
      out.printf(ROW, "FAILED AT", "REASON", "FIELD", "ID", "DETAIL");
    }
    String state = deadLetter.sqlState().isEmpty() ? "" : "SQLSTATE " + deadLetter.sqlState();
    String detail = deadLetter.detail().isEmpty() ? state : deadLetter.detail();
    out.printf(
        ROW,
        DeadLetterView.seconds(deadLetter.failedAt()),
        deadLetter.cause(),
        orDash(deadLetter.field()),
        deadLetter.id(),
        Printable.text(orDash(detail)));
  }

  private void print(List<DeadLetterGroups.Group> groups, DlqSession dlq, Coverage coverage) {
    PrintWriter out = out();
    if (options().json()) {
      out.println(Printable.json(json(groups, dlq, coverage)));
      return;
    }
    if (groups.isEmpty()) {
      return;
    }
    int width = groups.stream().mapToInt(group -> group.field().length()).max().orElse(0);
    String line = "%7s  %-13s  %-" + Math.max(width, 5) + "s  %-20s  %-20s  %s%n";
    out.printf(line, "COUNT", "REASON", "FIELD", "OLDEST", "NEWEST", "EXAMPLE (THE NEWEST)");
    for (DeadLetterGroups.Group group : groups) {
      out.printf(
          line,
          group.count(),
          group.cause(),
          orDash(group.field()),
          DeadLetterView.seconds(group.oldest()),
          DeadLetterView.seconds(group.newest()),
          group.example());
    }
  }

  private static ObjectNode json(
      List<DeadLetterGroups.Group> groups, DlqSession dlq, Coverage coverage) {
    ObjectNode answer =
        JsonNodeFactory.instance
            .objectNode()
            .put("queue", dlq.queue().name())
            .put("read", coverage.read())
            .put("hidden", coverage.before().hidden())
            .put("complete", coverage.isComplete());
    ArrayNode all = answer.putArray("groups");
    for (DeadLetterGroups.Group group : groups) {
      all.addObject()
          .put("reason", group.cause().name())
          .<ObjectNode>setAll(DeadLetterView.field("field", group.field()))
          .put("count", group.count())
          .put("oldest", group.oldest().toString())
          .put("newest", group.newest().toString())
          .put("example", group.example());
    }
    return answer;
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  /** Notes what was not read, and suggests the next command. */
  private void finish(Coverage coverage, String example) throws FailedException {
    long read = coverage.read();
    if (example.isEmpty() && !options().json()) {
      out().println(coverage.nothing());
    }
    requireWritten();
    if (coverage.end() == DeadLetterReader.End.LIMIT && coverage.before().visible() > read) {
      note(
          "read the first "
              + read
              + " of about "
              + coverage.before().visible()
              + "; --all reads all");
    }
    if (!example.isEmpty() && !options().json()) {
      String queue = options().queue("");
      String other = queue.isEmpty() ? "" : " --queue " + Printable.text(queue);
      err().println("next: dlq show " + example + other + "  (one of them, redacted)");
    }
  }
}

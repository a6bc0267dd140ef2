package dev.cameleon.demo;

import dev.cameleon.support.Program;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The operator's work after the job: inspects the dead letters, loosens a rule that was too strict, and replays the messages that had failed because of it.
 */
final class Repair {
  private static final String RULE = "(\\\\.[0-9]{1,9}){0,3}$";
  private static final String LOOSENED = "(\\\\.[0-9]{1,9}){0,3}(-[a-z]{1,9})?$";

  /** The line of the rule's group, with the id of a dead letter. */
  private static final Pattern EXAMPLE = Pattern.compile("CONTRACT +app_version .* (\\S+)");

  private final LocalSite site;
  private final List<String> lines = new ArrayList<>();

  Repair(LocalSite site) {
    this.site = site;
  }

  /** Does it; returns whether one dead letter became a row. */
  boolean works() throws IOException, InterruptedException {
    long rows = rows();
    long deadLetters = site.queues().deadLetters();
    lines.add("");
    lines.add("The dead-letter queue");
    String list = show("dlq", "list");
    Matcher example = EXAMPLE.matcher(list);
    if (!example.find()) {
      throw new IllegalStateException("no dead letter about app_version:\n" + list);
    }
    show("dlq", "show", example.group(1));
    site.edit("login.schema.json", RULE, LOOSENED);
    lines.add("");
    lines.add(
        "  A client sends app_version with a suffix, such as 2.3-beta. The pattern is loosened in");
    lines.add("  routes/login.schema.json. What would pass now?");
    show("dlq", "replay", "--field", "app_version", "--dry-run");
    show("dlq", "replay", "--field", "app_version");
    show("run", "--until-empty", "--timeout", "50s");
    boolean works = rows() == rows + 1 && site.queues().deadLetters() == deadLetters - 1;
    lines.add(
        "  "
            + (works ? "✓" : "✗ NOT SO:")
            + " replayed and loaded: one row more, one dead letter less");
    return works;
  }

  /** The commands and their results, without personal values. */
  List<String> lines() {
    return List.copyOf(lines);
  }

  /** Runs a command and adds its output to the lines. */
  private String show(String... arguments) throws IOException, InterruptedException {
    Program.Result result = site.run(arguments).result();
    lines.add("");
    lines.add("  $ java -jar target/cameleon.jar " + String.join(" ", arguments));
    result.out().lines().forEach(line -> lines.add("  " + line));
    if (result.exitCode() != 0) {
      result.err().lines().forEach(line -> lines.add("  " + line));
      throw new IllegalStateException(
          String.join(" ", arguments)
              + " ended with exit code "
              + result.exitCode()
              + ":\n"
              + String.join("\n", lines));
    }
    return result.out();
  }

  private long rows() {
    return site.database().number("SELECT count(*) FROM user_logins");
  }
}

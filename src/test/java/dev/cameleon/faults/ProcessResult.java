package dev.cameleon.faults;

import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.Outcome;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The account in the last log line of a process. */
final class ProcessResult {
  private static final Pattern LINE =
      Pattern.compile(
          "Ended: received ([\\d,]+) = loaded ([\\d,]+) \\+ duplicate ([\\d,]+)"
              + " \\+ ignored ([\\d,]+) \\+ dead-lettered ([\\d,]+) \\+ returned ([\\d,]+) \\+ in flight ([\\d,]+)");

  private ProcessResult() {}

  static Account account(String log) {
    Matcher line = LINE.matcher(log);
    if (!line.find()) {
      throw new AssertionError("no account in:\n" + log);
    }
    return new Account(
        number(line, 1),
        Map.of(
            Outcome.LOADED, number(line, 2),
            Outcome.DUPLICATE, number(line, 3),
            Outcome.IGNORED, number(line, 4),
            Outcome.DEAD_LETTERED, number(line, 5),
            Outcome.RETURNED, number(line, 6)),
        number(line, 7),
        0);
  }

  private static long number(Matcher line, int group) {
    return Long.parseLong(line.group(group).replace(",", ""));
  }
}

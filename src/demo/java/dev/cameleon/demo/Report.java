package dev.cameleon.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The summary of a run: where every message went, and some masked rows. */
public final class Report {
  private static final int WIDTH = 100;
  private static final int BAR = 30;

  private final Sent sent;
  private final Results results;
  private final List<String> lines = new ArrayList<>();

  /**
   * A claim that must hold.
   *
   * @param claim the claim, in words
   * @param holds whether it holds
   */
  public record Claim(String claim, boolean holds) {}

  /** Creates a summary. */
  public Report(Sent sent, Results results) {
    this.sent = sent;
    this.results = results;
  }

  /** The claims that the run has to prove. */
  public List<Claim> claims() {
    Results.Counts counts = results.counts();
    long settled = counts.loaded() + counts.duplicate() + counts.deadLettered();
    int malformed = sent.malformed().size();
    return List.of(
        claim(
            settled == sent.total() && counts.received() == settled,
            "%,d sent = %,d loaded + %,d duplicate + %,d dead-lettered",
            sent.total(),
            counts.loaded(),
            counts.duplicate(),
            counts.deadLettered()),
        claim(
            results.rows() == sent.logins()
                && counts.loaded() == sent.logins()
                && counts.duplicate() == sent.again(),
            "%,d logins are %,d rows; %,d were sent twice, none is loaded twice",
            sent.logins(),
            results.rows(),
            sent.again()),
        claim(
            results.deadLetters().size() == malformed
                && sent.understood(results.deadLetters()) == malformed,
            "%d malformed messages are %d dead letters, each for the right reason",
            malformed,
            results.deadLetters().size()),
        claim(
            results.queueLeft() == 0,
            "login-queue is empty: %d messages left",
            results.queueLeft()),
        claim(
            results.unmasked() == 0,
            "every ip and device id in user_logins is masked: %d rows with one that is not",
            results.unmasked()),
        claim(
            results.travellerTokens() == 1 && results.travellerLogins() == SampleEvents.SPELLINGS,
            "one address in %d spellings (IPv4, ::ffff:…) has %d token",
            results.travellerLogins(),
            results.travellerTokens()),
        claim(
            results.recovered(),
            "that address was recovered with the private key, and the audit says so"));
  }

  private static Claim claim(boolean holds, String format, Object... values) {
    return new Claim(String.format(Locale.ROOT, format, values), holds);
  }

  /** Whether all claims hold. */
  public boolean good() {
    return claims().stream().allMatch(Claim::holds);
  }

  /** The lines of the summary, without personal values. */
  public List<String> lines() {
    lines.clear();
    outcomes();
    rows();
    repeated();
    return List.copyOf(lines);
  }

  private void outcomes() {
    Results.Counts counts = results.counts();
    title("Where the %,d messages went", sent.total());
    outcome("loaded", counts.loaded(), "user_logins, one row each");
    outcome("duplicate", counts.duplicate(), "sent again: the ledger knew them");
    outcome("dead-lettered", counts.deadLettered(), "login-queue-dlq, with the reason");
    for (Claim claim : claims()) {
      line("  %s %s", claim.holds() ? "✓" : "✗ NOT SO:", claim.claim());
    }
  }

  private void outcome(String name, long count, String where) {
    int length = (int) Math.min(BAR, (BAR * count + sent.total() - 1) / sent.total());
    line("  %-14s %,6d  %-30s %s", name, count, "█".repeat(length), where);
  }

  private void rows() {
    title("The first rows of user_logins (tokens shortened here)");
    line(
        "  %-10s %-8s %-25s %-29s %-10s %s",
        "user_id", "device", "masked_ip", "maked_device_id", "locale", "version");
    for (List<String> row : results.firstRows()) {
      line(
          "  %-10s %-8s %-25s %-29s %-10s %s",
          cut(row.get(0), 9),
          row.get(1),
          cut(row.get(2), 24),
          cut(row.get(3), 28),
          row.get(4) == null ? "null" : row.get(4),
          row.get(5));
    }
  }

  private void repeated() {
    Results.Repeated devices = results.devices();
    Results.Repeated addresses = results.addresses();
    title(
        "%,d of %,d devices and %,d of %,d addresses came more than once; most often:",
        devices.repeated(), devices.distinct(), addresses.repeated(), addresses.distinct());
    for (int i = 0; i < Math.max(devices.top().size(), addresses.top().size()); i++) {
      line("  %-48s %s", times(devices.top(), i), times(addresses.top(), i));
    }
  }

  private static String times(List<List<String>> top, int place) {
    return place < top.size()
        ? String.format("%4s × %s", top.get(place).get(1), top.get(place).get(0))
        : "";
  }

  private void title(String format, Object... values) {
    lines.add("");
    line(format, values);
  }

  private void line(String format, Object... values) {
    lines.add(cut(String.format(Locale.ROOT, format, values).stripTrailing(), WIDTH));
  }

  private static String cut(String text, int width) {
    return text.length() <= width ? text : text.substring(0, width - 1) + "…";
  }
}

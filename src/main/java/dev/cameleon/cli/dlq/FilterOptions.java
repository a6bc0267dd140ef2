package dev.cameleon.cli.dlq;

import dev.cameleon.cli.console.MomentConverter;
import dev.cameleon.dlq.DeadLetterFilter;
import dev.cameleon.dlq.DeadLetterReason;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/** The options that select dead letters. */
final class FilterOptions {
  @Option(
      names = "--reason",
      paramLabel = "REASON",
      description = "Only those with this reason: ${COMPLETION-CANDIDATES}.")
  private DeadLetterReason reason;

  @Option(
      names = "--field",
      paramLabel = "FIELD",
      description = "Only those about this field of the contract.")
  private String field;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      converter = MomentConverter.class,
      description =
          "Only those that failed since this time: 2026-11-20T10:00Z, 2026-11-20"
              + " (UTC), or 2h or 7d ago.")
  private Instant since;

  /** Whether a reason or a field is given. */
  boolean isByFault() {
    return reason != null || field != null;
  }

  /**
   * The selected dead letters.
   *
   * @param ids ids of dead letters; empty: any
   */
  DeadLetterFilter selection(Set<String> ids) {
    return new DeadLetterFilter(
        ids,
        Optional.ofNullable(reason),
        Optional.ofNullable(field),
        Optional.ofNullable(since),
        Optional.empty());
  }

  /** The selection in words, for the audit. */
  String inWords() {
    return (reason == null ? "any reason" : "reason " + reason)
        + (field == null ? "" : ", field " + field)
        + (since == null ? "" : ", since " + since);
  }
}

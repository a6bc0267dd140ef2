package dev.cameleon.cli;

import picocli.CommandLine.Option;

/** What every command of the dead-letter desk takes. */
final class DeskOptions {
  @Option(
      names = "--queue",
      paramLabel = "QUEUE",
      description =
          "The dead-letter queue, name or URL, if not the configured one"
              + " (CAMELEON_DEAD_LETTER_QUEUE).")
  private String queue;

  @Option(names = "--json", description = "As JSON, for scripts.")
  private boolean json;

  /** The queue's name or URL. */
  String queue(String configured) {
    return queue == null ? configured : queue;
  }

  /** Whether a script reads the answer. */
  boolean json() {
    return json;
  }
}

package dev.cameleon.cli.dlq;

import dev.cameleon.app.Preflight;
import dev.cameleon.config.Settings;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.UnreachableException;
import dev.cameleon.sqs.SqsQueue;
import picocli.CommandLine.Option;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;

/** The options of every {@code dlq} command. */
final class DlqOptions {
  @Option(
      names = "--queue",
      paramLabel = "QUEUE",
      description =
          "The name or URL of the dead-letter queue (default: CAMELEON_DEAD_LETTER_QUEUE).")
  private String queue;

  @Option(names = "--json", description = "Print JSON, for scripts.")
  private boolean json;

  /** The dead-letter queue's name or URL. */
  String queue(String configured) {
    return queue == null ? configured : queue;
  }

  /**
   * Finds the dead-letter queue.
   *
   * @param configured its name or URL, unless the command line names another
   * @throws InvalidSettingsException if it does not exist
   * @throws UnreachableException if SQS does not answer
   */
  SqsQueue find(SqsClient sqs, String configured)
      throws InvalidSettingsException, UnreachableException {
    if (queue == null) {
      return Preflight.find(sqs, configured, Settings.named("cameleon.dead-letter-queue"));
    }
    if (!SqsQueue.isNameOrUrl(queue)) {
      throw new InvalidSettingsException("--queue: not the name or URL of a queue");
    }
    return Preflight.find(sqs, queue, "--queue");
  }

  /**
   * Rejects the source queue: reading it would hide live messages, and replaying into it would
   * loop.
   *
   * @param source its name or URL
   * @param deadLetters the queue that was found
   * @throws InvalidSettingsException if they are the same
   */
  static void refuseSource(SqsClient sqs, String source, SqsQueue deadLetters)
      throws InvalidSettingsException {
    boolean same;
    try {
      same = SqsQueue.find(sqs, source).isSameAs(deadLetters);
    } catch (SdkException e) {
      // Reading dead letters needs no permission for the source queue: without one, names are
      // compared.
      same = SqsQueue.nameIn(source).equals(deadLetters.name());
    }
    if (same) {
      throw new InvalidSettingsException(
          "--queue, or %s: %s is the source queue itself; name the dead-letter queue, e.g. %2$s-dlq"
              .formatted(Settings.named("cameleon.dead-letter-queue"), deadLetters.name()));
    }
  }

  /** Whether the output is JSON. */
  boolean json() {
    return json;
  }
}

package dev.cameleon.cli.dlq;

import dev.cameleon.app.CommandConfiguration;
import dev.cameleon.app.Preflight;
import dev.cameleon.app.PrepareRoute;
import dev.cameleon.aws.AwsClients;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Invocation;
import dev.cameleon.cli.console.Progress;
import dev.cameleon.cli.console.ShutdownSignal;
import dev.cameleon.config.Settings;
import dev.cameleon.contract.Contract;
import dev.cameleon.contract.InvalidContractException;
import dev.cameleon.contract.ShippedContract;
import dev.cameleon.dlq.DeadLetterReader;
import dev.cameleon.dlq.SourceQueue;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.UnreachableException;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.Masker;
import dev.cameleon.sqs.SqsBatchCalls;
import dev.cameleon.sqs.SqsErrors;
import dev.cameleon.sqs.SqsQueue;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * The dead-letter queue, opened for one command. Closing it returns dead letters that were read and
 * not deleted, also after Ctrl-C.
 */
final class DlqSession implements AutoCloseable {
  /** Returning what was read may take some time; a second signal ends the process at once. */
  private static final Duration STOP_TIMEOUT = Duration.ofMinutes(5);

  private final CommandConfiguration.Dlq access;
  private final SqsClient sqs;
  private final SqsQueue queue;
  private final ShutdownSignal stop;
  private final DeadLetterReader deadLetters;
  private final PrintWriter err;
  private final Progress progress;
  private SqsQueue.Depth before = new SqsQueue.Depth(0, 0, 0);

  /**
   * Finds the dead-letter queue.
   *
   * @throws InvalidSettingsException if it does not exist, or the configuration is wrong
   * @throws UnreachableException if SQS does not answer
   */
  DlqSession(DlqOptions options, CommandSpec spec)
      throws InvalidSettingsException, UnreachableException {
    access = CommandConfiguration.dlq(Invocation.of(spec).environment());
    sqs = AwsClients.sqs(DeadLetterReader.CALLS);
    queue = options.find(sqs, access.queues().deadLetters());
    DlqOptions.refuseSource(sqs, access.queues().source(), queue);
    stop = ShutdownSignal.onSignals("the dead letters in flight are made visible again first");
    stop.after(STOP_TIMEOUT);
    deadLetters = new DeadLetterReader(sqs, queue, stop::isRequested);
    err = spec.commandLine().getErr();
    progress = new Progress(err);
  }

  /**
   * The queue that messages are sent back to.
   *
   * @throws InvalidSettingsException if it does not exist, or if only one of the two queues is a
   *     FIFO queue
   * @throws UnreachableException if SQS does not answer
   */
  SourceQueue source() throws InvalidSettingsException, UnreachableException {
    SqsQueue source =
        Preflight.find(sqs, access.queues().source(), Settings.named("cameleon.queue"));
    Preflight.requireOneKind(source, queue);
    return new SourceQueue(new SqsBatchCalls(sqs, source), stop::isRequested);
  }

  /**
   * The ledger may have deleted the ids of messages sent before this time; they could be loaded
   * twice.
   */
  Instant remembered() {
    return Instant.now().minus(Duration.ofDays(access.ledgerDays()));
  }

  /** The client, for {@link DeadLetterReader#CALLS} calls at a time. */
  SqsClient sqs() {
    return sqs;
  }

  /** The dead-letter queue. */
  SqsQueue queue() {
    return queue;
  }

  /** Reads the dead letters. */
  DeadLetterReader deadLetters() {
    return deadLetters;
  }

  /**
   * The counts of SQS before reading: approximate. Dead letters that other readers have hidden are
   * not read.
   */
  SqsQueue.Depth before() {
    return before;
  }

  /** Shows the progress. */
  Progress progress() {
    return progress;
  }

  /** Whether the operator asked to stop. */
  boolean isStopRequested() {
    return stop.isRequested();
  }

  /**
   * The field names that may be shown: of today's contract, or of the shipped one if there is none.
   */
  Set<String> fields() {
    if (!Files.exists(access.contract())) {
      return ShippedContract.fields(); // an operator's machine may have only the jar
    }
    try {
      return Contract.read(access.contract()).fields();
    } catch (InvalidContractException e) {
      err.println(
          "note: field names come from the shipped contract, because the contract here "
              + e.getMessage());
      return ShippedContract.fields();
    }
  }

  /** The names of message attributes that may be shown: those of today's contract. */
  Set<String> attributes() {
    try {
      return Contract.read(access.contract()).attributes();
    } catch (InvalidContractException e) {
      return Set.of(); // the shipped contract has none
    }
  }

  /**
   * The current contract.
   *
   * @throws InvalidSettingsException if it is missing or wrong
   */
  Contract contract() throws InvalidSettingsException {
    try {
      return Contract.read(access.contract());
    } catch (InvalidContractException e) {
      throw new InvalidSettingsException("the contract " + e.getMessage());
    }
  }

  /**
   * Starts the current {@code prepare} route with throw-away mask keys: whether a message passes
   * does not depend on the keys, and whoever corrects dead letters need not have the real ones.
   *
   * @throws InvalidSettingsException if the route is missing or wrong
   */
  PrepareRoute prepare(Contract contract) throws InvalidSettingsException {
    Masker masker = new Masker(Keyset.create(), contract.personal());
    return PrepareRoute.start(access.routes(), access.camel(), contract, masker);
  }

  /** Reads the whole queue. */
  Coverage read(String step, DeadLetterReader.Reader reader)
      throws FailedException, InterruptedException {
    return read(step, Integer.MAX_VALUE, reader);
  }

  /**
   * Reads the queue.
   *
   * @param step the step's name, for the progress line
   * @param limit how many dead letters at most
   * @throws FailedException if SQS fails, or the operator asked to stop
   */
  Coverage read(String step, int limit, DeadLetterReader.Reader reader)
      throws FailedException, InterruptedException {
    try {
      before = queue.depth(sqs);
      long all = Math.min(limit, before.visible());
      if (before.hidden() > 0) {
        err.println(
            "note: %d more are hidden: another reader has them, or had them within the last minutes"
                .formatted(before.hidden()));
      }
      DeadLetterReader.End end;
      try {
        end =
            deadLetters.read(
                limit,
                page -> {
                  reader.read(page);
                  show(step, deadLetters.count(), all);
                });
      } finally {
        progress.end();
      }
      if (end == DeadLetterReader.End.STOPPED) {
        throw new FailedException("stopped; dead letters that were not deleted are visible again");
      }
      Coverage coverage = new Coverage(before, deadLetters.count(), end);
      coverage.notes().forEach(note -> err.println("note: " + note));
      return coverage;
    } catch (SdkException e) {
      throw new FailedException(
          "the queue " + queue.name() + " cannot be read: " + SqsErrors.describe(e));
    }
  }

  private void show(String step, long done, long all) {
    // SQS only estimates: if there are more, the total is unknown.
    progress.at(step, done, done > all ? 0 : all, "dead letters");
  }

  @Override
  public void close() {
    boolean done = false;
    try {
      int failed =
          deadLetters.returnToQueue(count -> show("returning", count, deadLetters.count()));
      done = true;
      if (failed > 0) {
        err.println(
            "note: dead letters that SQS did not make visible again: %d; they reappear within ten"
                    .formatted(failed)
                + " minutes");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (!done) {
        err.println(
            "note: %d were not returned; they reappear within ten minutes"
                .formatted(deadLetters.hidden()));
      }
      progress.end();
      sqs.close();
      stop.close();
    }
  }
}

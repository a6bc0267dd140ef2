package dev.cameleon.app;

import dev.cameleon.config.Settings;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.UnreachableException;
import dev.cameleon.sqs.SqsErrors;
import dev.cameleon.sqs.SqsQueue;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;
import software.amazon.awssdk.services.sqs.model.SqsException;

/**
 * Checks the database ({@link DatabasePreflight}) and the queues before the start.
 *
 * @param source the queue to read
 * @param deadLetters the dead-letter queue
 */
public record Preflight(SqsQueue source, SqsQueue deadLetters) {
  private static final long LOOK_MILLIS = 20;
  private static final String DEAD_LETTERS = "cameleon.dead-letter-queue";

  /**
   * Connects and checks.
   *
   * @param migrate whether to apply migrations
   * @throws InvalidSettingsException if the database or a queue does not fit the configuration
   * @throws UnreachableException if the database or SQS does not answer
   */
  public static Preflight open(Configuration plan, SqsClient sqs, boolean migrate)
      throws InvalidSettingsException, UnreachableException {
    // In parallel: each waits for many answers, and they are independent.
    FutureTask<Preflight> queues = new FutureTask<>(() -> queues(plan, sqs));
    start(queues, "queues");
    FutureTask<Void> sessions =
        new FutureTask<>(
            () -> {
              DatabasePreflight.requireOwnSessions(plan.settings().database().loader());
              return null;
            });
    start(sessions, "sessions");
    if (migrate) {
      DatabasePreflight.migrate(plan.settings().database().owner());
      DatabasePreflight.record(plan.settings().database().owner(), plan.tables());
    }
    result(sessions); // first, so that no mask is recorded through a rejected pooler
    DatabasePreflight.guard(plan);
    return result(queues);
  }

  /**
   * As {@link #open(Configuration, SqsClient, boolean)}, but ends early if the process is to stop,
   * because SQS may not answer for minutes. Running work may be cut off anywhere, as by a kill.
   *
   * @return empty if the process is to stop
   * @throws InvalidSettingsException if the database or a queue does not fit the configuration
   * @throws UnreachableException if the database or SQS does not answer
   */
  public static Optional<Preflight> open(
      Configuration plan, SqsClient sqs, boolean migrate, BooleanSupplier stop)
      throws InvalidSettingsException, UnreachableException, InterruptedException {
    FutureTask<Preflight> connections = new FutureTask<>(() -> open(plan, sqs, migrate));
    start(connections, "connections");
    while (!stop.getAsBoolean()) {
      if (connections.isDone()) {
        return Optional.of(result(connections));
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    return Optional.empty();
  }

  private static void start(FutureTask<?> task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  private static Preflight queues(Configuration plan, SqsClient sqs)
      throws InvalidSettingsException, UnreachableException {
    Settings.Queues names = plan.settings().queues();
    Preflight connections =
        new Preflight(
            find(sqs, names.source(), Settings.named("cameleon.queue")),
            find(sqs, names.deadLetters(), Settings.named(DEAD_LETTERS)));
    connections.requireUsable();
    return connections;
  }

  private static <T> T result(FutureTask<T> task)
      throws InvalidSettingsException, UnreachableException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof InvalidSettingsException wrong) {
        throw wrong;
      }
      if (e.getCause() instanceof UnreachableException unreachable) {
        throw unreachable;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnreachableException(
          "SQS", "interrupted while the queues and the database were checked");
    }
  }

  /**
   * Rejects queues that can never work.
   *
   * @throws InvalidSettingsException if both are the same queue, or no dead letter can be sent
   */
  void requireUsable() throws InvalidSettingsException {
    requireOneKind(source, deadLetters);
    if (source.isSameAs(deadLetters)) {
      throw Settings.wrong(
          DEAD_LETTERS,
          "is the source queue itself, so dead letters would be received again for ever; name"
              + (" another queue, for example " + source.name() + "-dlq"));
    }
  }

  /**
   * Rejects a FIFO queue beside a standard queue.
   *
   * @throws InvalidSettingsException if one is a FIFO queue and the other is not; says why
   */
  public static void requireOneKind(SqsQueue source, SqsQueue deadLetters)
      throws InvalidSettingsException {
    if (source.isFifo() && !deadLetters.isFifo()) {
      throw Settings.wrong(
          DEAD_LETTERS,
          deadLetters.name()
              + " is a standard queue, but "
              + source.name()
              + " is a FIFO queue: a dead letter would lose its message group, and SQS could"
              + " not move a message there that was received too often, which then blocks its"
              + " group; name a FIFO queue");
    }
    if (deadLetters.isFifo() && !source.isFifo()) {
      throw Settings.wrong(
          DEAD_LETTERS,
          deadLetters.name()
              + " is a FIFO queue, but "
              + source.name()
              + " is a standard queue: its messages have no message group, which a FIFO queue"
              + " needs; name a standard queue");
    }
  }

  /**
   * Finds a queue.
   *
   * @param setting the setting that names it, for messages
   * @throws InvalidSettingsException if there is none
   * @throws UnreachableException if SQS does not answer
   */
  public static SqsQueue find(SqsClient sqs, String nameOrUrl, String setting)
      throws InvalidSettingsException, UnreachableException {
    try {
      return SqsQueue.find(sqs, nameOrUrl);
    } catch (QueueDoesNotExistException e) {
      throw missing(nameOrUrl, setting);
    } catch (SqsException e) {
      if (e.statusCode() == 400 && String.valueOf(e.getMessage()).contains("NonExistentQueue")) {
        throw missing(nameOrUrl, setting);
      }
      throw unreachable(nameOrUrl, e);
    } catch (SdkException e) {
      throw unreachable(nameOrUrl, e);
    }
  }

  private static UnreachableException unreachable(String queue, SdkException e) {
    return new UnreachableException(
        "SQS", "cannot look up the queue " + queue + ": " + SqsErrors.describe(e));
  }

  private static InvalidSettingsException missing(String queue, String setting) {
    return new InvalidSettingsException(
        "%s: no queue %s in this account and region; create it (aws sqs create-queue --queue-name"
                .formatted(setting, queue)
            + (" " + queue.substring(queue.lastIndexOf('/') + 1))
            + "), or set another name or URL, for example"
            + " https://sqs.eu-central-1.amazonaws.com/123456789012/login-queue");
  }
}

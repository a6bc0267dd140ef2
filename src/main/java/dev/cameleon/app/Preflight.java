package dev.cameleon.app;

import dev.cameleon.config.Settings;
import dev.cameleon.db.Database;
import dev.cameleon.db.LockHolders;
import dev.cameleon.db.Migrations;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.UnreachableException;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.sqs.SqsErrors;
import dev.cameleon.sqs.SqsQueue;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.flywaydb.core.api.FlywayException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;
import software.amazon.awssdk.services.sqs.model.SqsException;

/**
 * Checks the database and the queues before the start.
 *
 * @param source the queue to read
 * @param deadLetters the dead-letter queue
 */
public record Preflight(SqsQueue source, SqsQueue deadLetters) {
  private static final Logger LOG = LoggerFactory.getLogger(Preflight.class);
  private static final long LOOK_MILLIS = 20;

  /**
   * Connects and checks.
   *
   * @param migrate whether to apply migrations
   * @throws InvalidSettingsException if the database or a queue does not fit the configuration
   * @throws UnreachableException if the database or SQS does not answer
   */
  public static Preflight open(Configuration plan, SqsClient sqs, boolean migrate)
      throws InvalidSettingsException, UnreachableException {
    // In parallel: each takes most of a second, and neither needs the other.
    FutureTask<Preflight> queues = new FutureTask<>(() -> queues(plan, sqs));
    start(queues, "queues");
    if (migrate) {
      migrate(plan.settings().owner());
    }
    guardMask(plan);
    return result(queues);
  }

  /**
   * As {@link #open(Configuration, SqsClient, boolean)}, but ends early if the process is to stop,
   * because SQS may not answer for minutes. Work that has begun may be cut off anywhere, as by a
   * kill.
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

  private static void start(FutureTask<Preflight> task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  private static Preflight queues(Configuration plan, SqsClient sqs)
      throws InvalidSettingsException, UnreachableException {
    Preflight connections =
        new Preflight(
            find(sqs, plan.settings().queue(), Settings.named("cameleon.queue")),
            find(
                sqs,
                plan.settings().deadLetterQueue(),
                Settings.named("cameleon.dead-letter-queue")));
    connections.requireUsable();
    return connections;
  }

  private static Preflight result(FutureTask<Preflight> queues)
      throws InvalidSettingsException, UnreachableException {
    try {
      return queues.get();
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
      throw new UnreachableException("SQS", "interrupted while looking up the queues");
    }
  }

  /**
   * Rejects queues that can never work.
   *
   * @throws InvalidSettingsException if both are the same queue, or no dead letter can be sent
   */
  void requireUsable() throws InvalidSettingsException {
    if (deadLetters.isFifo()) {
      throw new InvalidSettingsException(
          List.of(
              "cameleon.dead-letter-queue (CAMELEON_DEAD_LETTER_QUEUE): "
                  + deadLetters.name()
                  + " is a FIFO queue, which cannot take dead letters; name a standard queue"));
    }
    if (source.isSameAs(deadLetters)) {
      throw new InvalidSettingsException(
          List.of(
              "cameleon.dead-letter-queue (CAMELEON_DEAD_LETTER_QUEUE): is the source"
                  + " queue itself, so dead letters would be received again for ever; name"
                  + " another queue, for example "
                  + source.name()
                  + "-dlq"));
    }
  }

  /** Applies the migrations; returns how many. */
  public static int migrate(Database.Login owner)
      throws InvalidSettingsException, UnreachableException {
    try {
      int applied = Migrations.migrate(owner);
      if (applied > 0) {
        LOG.info("Applied {} migrations to the database.", applied);
      }
      return applied;
    } catch (FlywayException e) {
      if (SqlErrors.state(e).isEmpty()) {
        throw new InvalidSettingsException(
            List.of(
                "this version cannot migrate the schema cameleon of the database (Flyway: "
                    + e.getErrorCode()
                    + "); was it created by hand, or by a newer version?"));
      }
      throw unmigrated(owner, e);
    } catch (SQLException e) {
      throw unmigrated(owner, e);
    }
  }

  private static UnreachableException unmigrated(Database.Login owner, Exception e) {
    return new UnreachableException(
        "DATABASE",
        "cannot apply the migrations as " + owner + ": " + LockHolders.describe(owner, e),
        "cannot apply the migrations: " + SqlErrors.describe(e));
  }

  private static void guardMask(Configuration plan)
      throws InvalidSettingsException, UnreachableException {
    Database.Login login = plan.settings().loader();
    try (Connection connection = Database.connect(login)) {
      List<String> problems =
          new MaskGuard(plan.keyset(), plan.contract().personal().kinds())
              .problems(connection, plan.settings().allowUnmask());
      if (!problems.isEmpty()) {
        throw new InvalidSettingsException(problems);
      }
    } catch (SQLException e) {
      throw new UnreachableException(
          "DATABASE",
          "cannot use the database as " + login + ": " + LockHolders.describe(login, e),
          "cannot use the database: " + SqlErrors.describe(e));
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
        List.of(
            setting
                + ": no queue "
                + queue
                + " in this account and region; create it (aws sqs create-queue --queue-name "
                + queue.substring(queue.lastIndexOf('/') + 1)
                + "), or set another name or URL,"
                + " for example"
                + " https://sqs.eu-central-1.amazonaws.com/123456789012/login-queue"));
  }
}

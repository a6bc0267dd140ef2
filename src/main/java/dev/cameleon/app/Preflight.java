package dev.cameleon.app;

import dev.cameleon.config.Settings;
import dev.cameleon.db.Database;
import dev.cameleon.db.LockHolders;
import dev.cameleon.db.Migrations;
import dev.cameleon.db.SharedSessions;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.db.TableRecord;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.UnreachableException;
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
    // In parallel: each waits for many answers, and none needs another.
    FutureTask<Preflight> queues = new FutureTask<>(() -> queues(plan, sqs));
    start(queues, "queues");
    FutureTask<Void> sessions =
        new FutureTask<>(
            () -> {
              requireOwnSessions(plan.settings().database().loader());
              return null;
            });
    start(sessions, "sessions");
    if (migrate) {
      migrate(plan.settings().database().owner());
    }
    record(plan, migrate);
    result(sessions);
    return result(queues);
  }

  /**
   * Records tables and mask of the files that run from now on, unless they do not fit what is
   * recorded.
   *
   * @throws InvalidSettingsException if they do not fit
   * @throws UnreachableException if the database does not answer
   */
  static void record(Configuration plan) throws InvalidSettingsException, UnreachableException {
    record(plan, plan.settings().database().migrate());
  }

  private static void record(Configuration plan, boolean migrate)
      throws InvalidSettingsException, UnreachableException {
    if (migrate) {
      record(plan.settings().database().owner(), plan.tables());
    }
    guard(plan);
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

  private static void requireOwnSessions(Database.Login login)
      throws InvalidSettingsException, UnreachableException {
    try (Connection connection = Database.connect(login)) {
      InvalidSettingsException.throwIfAny(
          SharedSessions.problem(connection, login).stream().toList());
    } catch (SQLException e) {
      throw unusable(login, e);
    }
  }

  private static UnreachableException unusable(Database.Login login, SQLException failure) {
    return failed("cannot use the database", login, failure);
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
   * @throws InvalidSettingsException with what the two would do to each other
   */
  public static void requireOneKind(SqsQueue source, SqsQueue deadLetters)
      throws InvalidSettingsException {
    if (source.isFifo() && !deadLetters.isFifo()) {
      throw Settings.wrong(
          DEAD_LETTERS,
          deadLetters.name()
              + " is a standard queue, but "
              + source.name()
              + " is a FIFO queue: a dead letter would lose its message group, and SQS could not"
              + " move there what is received too often, which then blocks its group; name a FIFO"
              + " queue");
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
            "this version cannot migrate the schema cameleon of the database (Flyway: "
                + e.getErrorCode()
                + "): it may have been created by hand, or by a newer version; run that"
                + " version, or set CAMELEON_DB_URL to another database");
      }
      throw failed("cannot apply the migrations", owner, e);
    } catch (SQLException e) {
      throw failed("cannot apply the migrations", owner, e);
    }
  }

  /**
   * Records the tables that a pipeline loads, for the privacy commands.
   *
   * @throws InvalidSettingsException if a table does not fit its declaration
   * @throws UnreachableException if the database does not answer
   */
  public static void record(Database.Login owner, TableRecord tables)
      throws InvalidSettingsException, UnreachableException {
    try (Connection connection = Database.connect(owner)) {
      List<String> problems = tables.save(connection);
      InvalidSettingsException.throwIfAny(
          problems.stream()
              .map(problem -> Settings.named("cameleon.tables") + ": " + problem)
              .toList());
    } catch (SQLException e) {
      throw failed("cannot record the tables", owner, e);
    }
  }

  private static UnreachableException failed(String what, Database.Login login, Exception e) {
    return new UnreachableException(
        "DATABASE",
        what + " as " + login + ": " + LockHolders.describe(login, e),
        what + ": " + SqlErrors.describe(e));
  }

  private static void guard(Configuration plan)
      throws InvalidSettingsException, UnreachableException {
    Database.Login login = plan.settings().database().loader();
    try (Connection connection = Database.connect(login)) {
      InvalidSettingsException.throwIfAny(plan.maskProblems(connection));
      InvalidSettingsException.throwIfAny(plan.unrecordedTables(connection));
      InvalidSettingsException.throwIfAny(undeclared(plan, connection));
    } catch (SQLException e) {
      throw unusable(login, e);
    }
  }

  private static List<String> undeclared(Configuration plan, Connection connection)
      throws SQLException {
    try {
      return plan.undeclaredTables(connection);
    } catch (SQLException e) {
      if (!SqlErrors.state(e).startsWith("42")) {
        throw e;
      }
      return plan.undeclaredTables(); // as it is, it loads nothing: the probe says why
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

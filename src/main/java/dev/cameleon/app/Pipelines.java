package dev.cameleon.app;

import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.UnreachableException;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.ReceiveGate;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the running pipeline and replaces it at a reload: receiving pauses, the old pipeline
 * settles the messages in flight, and only then the new one starts. So each message is processed by
 * one pipeline, and all counts stay in the one account of the process.
 */
final class Pipelines implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Pipelines.class);

  /** How long to wait for receives whose answer has begun. */
  private static final long ANSWERS_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** How long to wait for messages in flight, for example while the database is down. */
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** How long to wait for their return after that: a running retry first waits for a connection. */
  private static final long RETURN_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final LongLived process;
  private volatile Configuration plan;

  /** Null before the start; a closed one if neither the new nor the old files could be started. */
  private volatile Pipeline current;

  private volatile boolean running = true;

  Pipelines(Configuration plan, LongLived process) {
    this.plan = plan;
    this.process = process;
  }

  /**
   * Starts the first pipeline.
   *
   * @throws InvalidSettingsException if a route is wrong
   */
  synchronized void start() throws InvalidSettingsException {
    current = new Pipeline(plan, process);
    current.start(0);
    process.gate.start();
  }

  /** The pipeline that runs. */
  Pipeline current() {
    return current;
  }

  /** The files that run. */
  Configuration plan() {
    return plan;
  }

  /** False if neither the new nor the old files could be started at a reload. */
  boolean isRunning() {
    return running;
  }

  /** How many fields outside the contract were dropped since the start of the process. */
  long unknownFields() {
    Pipeline now = current;
    return now == null ? 0 : now.unknownFields();
  }

  /** Why receiving fails now; an empty string if it works. */
  String receiveFailure() {
    return current.beans.receivingSqsClient.failure();
  }

  /** Whether long polls come back empty. */
  boolean isIdle() {
    return current.beans.receivingSqsClient.isIdle();
  }

  /**
   * Builds a pipeline beside the one that runs, and starts none of its routes.
   *
   * @throws InvalidSettingsException if a route is wrong
   */
  Pipeline build(Configuration next) throws InvalidSettingsException {
    return new Pipeline(next, process);
  }

  /**
   * Replaces the running pipeline with another one. If that fails, starts the old files again.
   *
   * @return whether the new pipeline runs; false if the process is stopping
   * @throws InvalidSettingsException if a route cannot be started, or mask or tables do not fit the
   *     database any longer
   * @throws UnreachableException if the database does not answer
   */
  synchronized boolean takeOver(Pipeline next)
      throws InvalidSettingsException, UnreachableException, InterruptedException {
    long began = System.nanoTime();
    boolean done = false;
    process.gate.pause();
    try {
      settle();
      if (process.gate.isStopping()) {
        return false; // the stop settles the rest through the old pipeline
      }
      long fieldsBefore = unknownFields();
      current.close();
      next.start(fieldsBefore);
      // Recorded after the start, so that the database has no record of files that never ran;
      // nothing is received before gate.start().
      DatabasePreflight.record(next.plan);
      done = true;
    } finally {
      if (!done && !process.gate.isStopping()) {
        next.close();
        restore();
      }
    }
    current = next;
    plan = next.plan;
    running = true;
    // As after a restart: these holds concern the old files.
    process.brake.reset();
    process.gate.open(ReceiveGate.Hold.ROUTE_FAILURES);
    process.gate.open(ReceiveGate.Hold.ROWS);
    process.gate.start();
    LOG.info(
        "Reloaded {}: the new files run. paused_ms={}",
        plan.settings().routes(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
    return true;
  }

  private void settle() throws InterruptedException {
    current.stopReceiving(ANSWERS_NANOS);
    if (awaitSettled(SETTLE_NANOS)) {
      return;
    }
    process.gate.endRetries();
    process.database.abandon(System.nanoTime());
    awaitSettled(RETURN_NANOS);
    List<Delivery> rest = process.inFlight.unfinished();
    if (!rest.isEmpty() && !process.gate.isStopping()) {
      LOG.warn("Returning {} messages that could not be finished before the reload.", rest.size());
      process.acknowledger.returned(rest);
      awaitSettled(RETURN_NANOS);
    }
  }

  /** Waits until the old pipeline has settled its messages; pending deletes do not count. */
  private boolean awaitSettled(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    while (!process.inFlight.unfinished().isEmpty()) {
      if (process.gate.isStopping() || System.nanoTime() > end) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
    return true;
  }

  private void restore() {
    running = false;
    long fieldsBefore = unknownFields();
    try {
      current.close();
      Configuration again = plan.with(plan.files());
      current = new Pipeline(again, process);
      current.start(fieldsBefore);
      running = true;
      process.gate.start();
    } catch (InvalidSettingsException e) {
      LOG.error(
          "The old files cannot be started again either; nothing is received until a reload"
              + " or a restart succeeds: {}",
          e.getMessage());
    }
  }

  /**
   * Ends receiving for good.
   *
   * @param nanos how long to wait for answers that have begun
   */
  synchronized void stopReceiving(long nanos) throws InterruptedException {
    if (current != null) {
      current.stopReceiving(nanos);
    }
  }

  @Override
  public synchronized void close() {
    if (current != null) {
      current.close();
    }
  }
}

package dev.cameleon.app;

import dev.cameleon.config.Settings;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.OutOfMemory;
import dev.cameleon.errors.UnreachableException;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reloads the folder of the routes on request or, if the setting {@code cameleon.reload} says so,
 * when its files change. New files are checked first. If they are wrong, the old ones keep running;
 * if the database does not answer, they keep running until it does.
 */
final class Reload implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Reload.class);
  private static final String NOTE = "RELOAD";
  private static final long LOOK_MILLIS = 250;
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Pipelines pipelines;
  private final Settings settings;

  /** At most one: requests that come while one waits are merged into it. */
  private final BlockingQueue<Boolean> requests = new ArrayBlockingQueue<>(1);

  private final FolderWatch watch;
  private volatile Map<String, String> notes = Map.of();
  private volatile boolean success = true;
  private volatile long successMillis = System.currentTimeMillis();
  private volatile boolean closed;

  /** Whether the last attempt failed because the database did not answer. */
  private boolean waiting;

  private long attemptedNanos;
  private String said = "";

  Reload(Pipelines pipelines) {
    this.pipelines = pipelines;
    this.settings = pipelines.plan().settings();
    this.watch = new FolderWatch(pipelines.plan().files());
  }

  /** Serves requests from now on. */
  void start() {
    Thread thread = new Thread(this::serve, "reload");
    thread.setDaemon(true);
    thread.start();
  }

  /** Requests a reload; returns at once. */
  void request() {
    requests.offer(true);
  }

  /** Whether the last reload succeeded, or there was none. */
  boolean isSuccess() {
    return success;
  }

  /** When the running files took effect, in ms since 1970. */
  long successMillis() {
    return successMillis;
  }

  /** For the status page: why the last reload did not succeed. */
  Map<String, String> notes() {
    return notes;
  }

  @Override
  public void close() {
    closed = true;
  }

  private void serve() {
    try {
      while (!closed) {
        boolean requested = requests.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS) != null;
        if (requested || (waiting && System.nanoTime() - attemptedNanos > RETRY_NANOS)) {
          attempt(Optional.empty());
        } else if (settings.watch() && watch.hasChanged()) {
          attempt(watch.files());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void attempt(Optional<RouteFiles> read) throws InterruptedException {
    boolean again = waiting;
    waiting = false;
    try {
      if (!again) {
        LOG.info("Reloading {}.", settings.routes());
        settings.changes().log();
      }
      RouteFiles files = read.isPresent() ? read.get() : RouteFiles.read(settings.routes());
      watch.saw(files);
      tryFiles(files);
    } catch (IOException e) {
      refused(List.of(Configuration.unreadable(settings, e)));
    } catch (InvalidSettingsException e) {
      refused(e.problems());
    } catch (UnreachableException e) {
      waitForDatabase(e);
    } catch (InterruptedException e) {
      throw e;
    } catch (Throwable e) { // an Error too, for example in a class that a route names
      OutOfMemory.endIf(e);
      LOG.error("A reload failed unexpectedly.", e);
      refused(List.of("unexpected " + e.getClass().getSimpleName()));
    }
    attemptedNanos = System.nanoTime();
  }

  private void tryFiles(RouteFiles files)
      throws InvalidSettingsException, UnreachableException, InterruptedException {
    Configuration next = pipelines.plan().with(files);
    List<String> problems = new ArrayList<>(problems(next));
    Pipeline pipeline = null;
    try {
      pipeline = pipelines.build(next);
    } catch (InvalidSettingsException e) {
      problems.addAll(e.problems());
    }
    boolean done = false;
    try {
      InvalidSettingsException.throwIfAny(problems);
      done = pipelines.takeOver(pipeline);
    } finally {
      if (!done && pipeline != null) {
        pipeline.close();
      }
    }
    if (done) {
      successMillis = System.currentTimeMillis();
      success = true;
      notes = Map.of();
      said = "";
    }
  }

  /** The problems that {@code check} finds with the database; all its writes are rolled back. */
  private static List<String> problems(Configuration next) throws UnreachableException {
    List<String> undeclared = next.undeclaredTables(); // with their place in load.sql
    List<String> problems = new ArrayList<>(undeclared);
    for (SelfCheck.Finding finding : new SelfCheck(next).database()) {
      if (finding.result() == SelfCheck.Result.FAILED) {
        throw new UnreachableException("DATABASE", finding.detail());
      }
      boolean repeats = finding.check().equals("tables") && !undeclared.isEmpty();
      if (finding.result() == SelfCheck.Result.WRONG && !repeats) {
        problems.add(
            (finding.check().equals("mask") ? next.files().path(RouteFiles.CONTRACT) + ": " : "")
                + finding.detail());
      }
    }
    return problems;
  }

  private void refused(List<String> problems) {
    for (String problem : problems) {
      LOG.error("Not reloaded: {}", problem.strip().replaceAll("\\s*\\R\\s*", " "));
    }
    LOG.error(
        "The new files in {} are refused; the old ones keep running. problems={}",
        settings.routes(),
        problems.size());
    failed(
        "new files were refused at %s, the old ones keep running; see the log. problems=%d"
            .formatted(now(), problems.size()));
    said = "";
  }

  private void waitForDatabase(UnreachableException e) {
    waiting = true;
    if (!said.equals(e.getMessage())) {
      LOG.warn(
          "The new files in {} cannot be checked yet, will retry; the old ones keep running: {}",
          settings.routes(),
          e.getMessage());
      said = e.getMessage();
    }
    failed("new files wait until the database answers; the old ones keep running");
  }

  private void failed(String note) {
    success = false;
    notes = Map.of(NOTE, note);
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS);
  }
}

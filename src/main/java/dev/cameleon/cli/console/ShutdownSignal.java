package dev.cameleon.cli.console;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for the request to stop: SIGTERM, Ctrl-C or, unless it means something else, SIGHUP. A
 * second signal, or the time-out after the first, ends the process at once. That loses nothing:
 * unfinished messages are still on the queue.
 */
public final class ShutdownSignal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ShutdownSignal.class);

  /** Some tools signal both the process and its group: signals this close together count as one. */
  private static final long ONE_REQUEST_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private static final String ENDS = "it ends the process at once";

  private final CountDownLatch requested = new CountDownLatch(1);
  private volatile Duration timeout = Duration.ofSeconds(25);

  private final Map<String, Object> before = new HashMap<>();
  private final String consequence;
  private long requestedNanos;

  private ShutdownSignal(String consequence) {
    this.consequence = consequence;
  }

  /**
   * Handles signals from now on.
   *
   * @param consequence what happens before the process ends, for the log
   */
  public static ShutdownSignal onSignals(String consequence) {
    ShutdownSignal stop = new ShutdownSignal(consequence);
    stop.handleStops();
    stop.handle("HUP", stop::request, ENDS); // the terminal was closed
    return stop;
  }

  /**
   * As {@link #onSignals(String)}, but SIGHUP does not stop the process.
   *
   * @param hangUp run on SIGHUP, on a thread of its own
   */
  public static ShutdownSignal onSignals(String consequence, Runnable hangUp) {
    ShutdownSignal stop = new ShutdownSignal(consequence);
    stop.handleStops();
    stop.handle("HUP", hangUp, "to reload, set cameleon.reload=watch");
    return stop;
  }

  private void handleStops() {
    handle("TERM", this::request, ENDS);
    handle("INT", this::request, ENDS);
  }

  /**
   * The JVM's own handler would end with 143 and ignore a second signal. {@code sun.misc.Signal} is
   * in every JDK (module jdk.unsupported), but javac warns about it and the warning cannot be
   * suppressed, so this uses reflection.
   */
  private void handle(String name, Runnable does, String otherwise) {
    try {
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              ShutdownSignal.class.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> {
                does.run();
                return null;
              });
      before.put(name, set(name, proxy));
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.warn("This JVM cannot handle the signal {}: {}.", name, otherwise);
    }
  }

  private static Object set(String name, Object action) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    return signal
        .getMethod("handle", signal, Class.forName("sun.misc.SignalHandler"))
        .invoke(null, signal.getConstructor(String.class).newInstance(name), action);
  }

  /** Restores the previous signal handlers. */
  @Override
  public void close() {
    before.forEach(
        (name, action) -> {
          try {
            set(name, action);
          } catch (ReflectiveOperationException e) {
            LOG.debug("Could not restore the handler of the signal {}.", name);
          }
        });
  }

  /** Sets how long a stop may take after the first signal. */
  public void after(Duration limit) {
    timeout = limit;
  }

  private synchronized void request() {
    if (isRequested() && System.nanoTime() - requestedNanos < ONE_REQUEST_NANOS) {
      return;
    }
    if (isRequested()) {
      LOG.warn("Stopped at once. Messages that were in flight reappear on the queue.");
      Runtime.getRuntime().halt(ExitCode.FAILED);
    }
    requestedNanos = System.nanoTime();
    LOG.info("Stopping: {}.", consequence);
    requested.countDown();
    Thread watchdog = new Thread(this::haltAfterTimeout, "stop");
    watchdog.setDaemon(true);
    watchdog.start();
  }

  private void haltAfterTimeout() {
    try {
      TimeUnit.MILLISECONDS.sleep(timeout.toMillis());
      LOG.warn(
          "The stop took longer than {} s: the process ends now. Messages that are in"
              + " flight reappear on the queue.",
          timeout.toSeconds());
      Runtime.getRuntime().halt(ExitCode.FAILED);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether a stop was requested. */
  public boolean isRequested() {
    return requested.getCount() == 0;
  }

  /** Waits for the request to stop. */
  public void await() throws InterruptedException {
    requested.await();
  }

  /** Waits at most this long for the request to stop; returns whether it came. */
  public boolean await(Duration time) throws InterruptedException {
    return requested.await(time.toMillis(), TimeUnit.MILLISECONDS);
  }
}

package dev.cameleon.sqs;

import dev.cameleon.errors.OutOfMemory;
import java.util.Collection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prevents failures of tracing from affecting messages: OpenTelemetry promises not to throw, but an
 * agent or exporter of another version may, and messages would then stay in flight. Thread-safe.
 */
final class GuardedTracing implements MessageTracing {
  private static final Logger LOG = LoggerFactory.getLogger(GuardedTracing.class);

  private final MessageTracing tracing;
  private final WarningLimit warnings = new WarningLimit();

  GuardedTracing(MessageTracing tracing) {
    this.tracing = tracing;
  }

  @Override
  public void received(Delivery delivery) {
    attempt(() -> tracing.received(delivery));
  }

  @Override
  public void committed(Collection<Delivery> batch, int inserted, long beganNanos) {
    attempt(() -> tracing.committed(batch, inserted, beganNanos));
  }

  @Override
  public void settled(Delivery delivery, Outcome outcome) {
    attempt(() -> tracing.settled(delivery, outcome));
  }

  private void attempt(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException | LinkageError e) {
      warn(e);
    } catch (Throwable e) {
      OutOfMemory.endIf(e);
      throw e;
    }
  }

  /** Logs the failure without its message, which may quote a value. */
  private void warn(Throwable failure) {
    long count = warnings.add(1);
    if (count > 0) {
      LOG.warn(
          "Tracing fails; messages are loaded without it. Check the OTEL_… settings and the"
              + " version of the agent. failure={} count={}",
          failure.getClass().getName(),
          count);
    }
  }
}

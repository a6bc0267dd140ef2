package dev.cameleon.observe;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.sqs.SqsQueue;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Writes metrics in CloudWatch's embedded metric format: one line of JSON at a time, which
 * CloudWatch Logs turns into metrics. Counts are relative to the previous line, so that the sum
 * over all lines of a process is its account.
 */
public final class EmbeddedMetrics {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String NAMESPACE = "Cameleon";
  private static final String AGE = "OldestMessageAge";

  /** The only dimension, because each value of another one would be billed as separate metrics. */
  private static final String DIMENSION = "pipeline";

  private static final Map<Outcome, String> NAMES =
      new EnumMap<>(
          Map.of(
              Outcome.LOADED, "Loaded",
              Outcome.DUPLICATE, "Duplicate",
              Outcome.IGNORED, "Ignored",
              Outcome.DEAD_LETTERED, "DeadLettered",
              Outcome.RETURNED, "Returned"));

  private final String pipeline;
  private final Supplier<Account> account;
  private final Supplier<Optional<SqsQueue.Depth>> deadLetterQueue;
  private final BooleanSupplier ready;
  private final LongSupplier nowMillis;
  private final Consumer<String> out;
  private Account before;

  /**
   * Starts to count now.
   *
   * @param pipeline the pipeline's name
   * @param account returns the account now
   * @param deadLetterQueue the dead-letter queue's depth; empty while it is not known
   * @param ready whether the process is ready now
   * @param nowMillis the time, in milliseconds since 1970
   * @param out takes one line, without its end
   */
  public EmbeddedMetrics(
      String pipeline,
      Supplier<Account> account,
      Supplier<Optional<SqsQueue.Depth>> deadLetterQueue,
      BooleanSupplier ready,
      LongSupplier nowMillis,
      Consumer<String> out) {
    this.pipeline = pipeline;
    this.account = account;
    this.deadLetterQueue = deadLetterQueue;
    this.ready = ready;
    this.nowMillis = nowMillis;
    this.out = out;
    this.before = account.get();
  }

  /** Writes a line, even if nothing happened, because an alarm needs the zeros. */
  public synchronized void tick() {
    write(true);
  }

  /** Writes the last counts without readiness, because a stopping process is not ready. */
  public synchronized void end() {
    write(false);
  }

  private void write(boolean running) {
    Account now = account.get();
    long time = nowMillis.getAsLong();
    ObjectNode line = JSON.createObjectNode();
    ObjectNode metadata = line.putObject("_aws").put("Timestamp", time);
    ObjectNode directive = metadata.putArray("CloudWatchMetrics").addObject();
    directive.put("Namespace", NAMESPACE).putArray("Dimensions").addArray().add(DIMENSION);
    ArrayNode metrics = directive.putArray("Metrics");
    line.put(DIMENSION, pipeline);
    count(line, metrics, "Received", now.received() - before.received());
    for (Outcome outcome : Outcome.values()) {
      count(line, metrics, NAMES.get(outcome), now.count(outcome) - before.count(outcome));
    }
    count(line, metrics, "InFlight", now.inFlight());
    metrics.addObject().put("Name", AGE).put("Unit", "Seconds");
    line.put(AGE, now.oldestSeconds(time));
    deadLetterQueue
        .get()
        .ifPresent(depth -> count(line, metrics, "DeadLetterQueue", messages(depth)));
    if (running) {
      count(line, metrics, "Ready", ready.getAsBoolean() ? 1 : 0);
    }
    before = now;
    out.accept(line.toString());
  }

  private static long messages(SqsQueue.Depth depth) {
    return depth.visible() + depth.hidden();
  }

  private static void count(ObjectNode line, ArrayNode metrics, String name, long value) {
    metrics.addObject().put("Name", name).put("Unit", "Count");
    line.put(name, value);
  }
}

package dev.cameleon.load;

import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.InFlightMessages;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;
import org.apache.camel.support.SynchronizationAdapter;

/**
 * Loads the messages of each group of a FIFO queue in order: a batch waits until all earlier
 * batches with messages of its groups are finished, and if a message returns to the queue, the
 * later messages of its group return as well. A waiting batch occupies no loader. Batches of a
 * standard queue have no groups, and never wait. Thread-safe.
 */
public final class GroupOrder extends AsyncProcessorSupport {
  private final Executor loaders;
  private final InFlightMessages inFlight;
  private final Acknowledger acknowledger;

  /** The batches that hold messages of a group, in the order in which they will be loaded. */
  private final Map<String, Deque<Batch>> byGroup = new HashMap<>();

  /** The continuations of waiting batches. */
  private final Map<Batch, Runnable> waiting = new HashMap<>();

  /**
   * Starts without batches.
   *
   * @param loaders runs batches that have waited
   * @param inFlight tells which messages would overtake an earlier message of their group
   * @param acknowledger returns these messages to the queue
   */
  public GroupOrder(Executor loaders, InFlightMessages inFlight, Acknowledger acknowledger) {
    this.inFlight = inFlight;
    this.acknowledger = acknowledger;
    this.loaders = loaders;
  }

  /**
   * Registers a batch that is being filled; called in the order of batches.
   *
   * @param exchange the batch's exchange; the batch is finished when the exchange completes or
   *     fails
   * @param group the group of the added message
   */
  synchronized void added(Batch batch, Exchange exchange, String group) {
    if (batch.groups().isEmpty()) {
      exchange
          .getExchangeExtension()
          .addOnCompletion(
              new SynchronizationAdapter() {
                @Override
                public void onDone(Exchange done) {
                  over(batch);
                }
              });
    }
    if (batch.groups().add(group)) {
      byGroup.computeIfAbsent(group, name -> new ArrayDeque<>()).add(batch);
    }
  }

  /** Passes a batch on when it is its turn. */
  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    Batch batch = exchange.getMessage().getBody(Batch.class);
    synchronized (this) {
      if (!isTurn(batch)) {
        waiting.put(batch, () -> callback.done(false));
        return false;
      }
    }
    callback.done(true);
    return true;
  }

  /**
   * Takes messages out of a batch, and returns them to the queue, if an earlier one of their group
   * was returned. To be called before each attempt to load it.
   */
  public void withdraw(Batch batch) {
    List<Delivery> early = batch.withdraw(inFlight::overtakes);
    if (!early.isEmpty()) {
      acknowledger.returned(early);
    }
  }

  private boolean isTurn(Batch batch) {
    return batch.groups().stream().allMatch(group -> byGroup.get(group).peek() == batch);
  }

  private synchronized void over(Batch batch) {
    for (String group : batch.groups()) {
      Deque<Batch> queue = byGroup.get(group);
      queue.remove(batch);
      Batch next = queue.peek();
      if (next == null) {
        byGroup.remove(group);
      } else if (waiting.containsKey(next) && isTurn(next)) {
        goOn(waiting.remove(next));
      }
    }
  }

  private void goOn(Runnable batch) {
    try {
      loaders.execute(batch);
    } catch (RejectedExecutionException e) {
      // The process is stopping; the messages will come back.
    }
  }
}

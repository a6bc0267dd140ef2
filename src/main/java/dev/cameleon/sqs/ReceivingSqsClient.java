package dev.cameleon.sqs;

import dev.cameleon.errors.OutOfMemory;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageResponse;

/**
 * The SQS client that the ingest route polls with; it can only receive. It receives only while the
 * {@link ReceiveGate} is open and the limit of messages in flight is not reached, adapts how many
 * receives run at a time, registers messages before the route sees them, backs off when SQS fails,
 * and ends idle long polls when the process stops.
 */
public final class ReceivingSqsClient implements SqsClient {
  private static final Logger LOG = LoggerFactory.getLogger(ReceivingSqsClient.class);

  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 5_000;
  private static final long TURN_MILLIS = 250;

  /** A receive that runs for longer than this without an answer is waiting on an empty queue. */
  private static final long IDLE_MILLIS = 300;

  /** A single empty long poll does not prove that the queue is empty: SQS runs on many servers. */
  private static final int EMPTY_RECEIVES = 8;

  /** Half of the 10 that one answer can hold: more messages are then likely to wait. */
  private static final int MANY = 5;

  private static final ReceiveMessageResponse NOTHING = ReceiveMessageResponse.builder().build();

  /**
   * A running receive.
   *
   * @param beganNanos when it began, by {@link System#nanoTime}
   */
  private record UnderWay(long beganNanos, MemoryBudget.Reservation room) {
    /** Whether its answer has begun, or may begin at any moment because the receive is young. */
    boolean isBeingAnswered() {
      return room.isAnswered()
          || System.nanoTime() - beganNanos < TimeUnit.MILLISECONDS.toNanos(IDLE_MILLIS);
    }
  }

  private final SqsClient client;
  private final ReceiveGate gate;
  private final DeadLetterBrake brake;
  private final InFlightMessages inFlight;
  private final ConcurrencyLimit limit;
  private final int waitSeconds;
  private final List<String> attributes;

  private final Map<Thread, UnderWay> underWay = new ConcurrentHashMap<>();

  private final WarningLimit declinedWarnings = new WarningLimit();

  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicLong emptyReceives = new AtomicLong();
  private volatile String failure = "";
  private volatile boolean stopped;
  private boolean ended;

  /**
   * Polls one source queue.
   *
   * @param client a client for this use only, with an {@link AnswerLimit}: {@link #stop} closes it
   * @param limit how many receives may run at a time
   * @param waitSeconds how long a call waits on an empty queue, at most 20
   * @param attributes the message attributes that the contract needs, which the route sees; a dead
   *     letter keeps all of them
   */
  public ReceivingSqsClient(
      SqsClient client,
      ReceiveGate gate,
      DeadLetterBrake brake,
      InFlightMessages inFlight,
      ConcurrencyLimit limit,
      int waitSeconds,
      Collection<String> attributes) {
    this.client = client;
    this.gate = gate;
    this.brake = brake;
    this.inFlight = inFlight;
    this.limit = limit;
    this.waitSeconds = waitSeconds;
    this.attributes = union(SourceMessage.ATTRIBUTES, attributes);
  }

  @Override
  public ReceiveMessageResponse receiveMessage(ReceiveMessageRequest request) {
    try {
      limit.acquire();
      try {
        return receiveInTurn(request);
      } finally {
        limit.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return NOTHING;
    } catch (Throwable e) {
      OutOfMemory.endIf(e); // Camel would log it and poll again
      throw e;
    }
  }

  private ReceiveMessageResponse receiveInTurn(ReceiveMessageRequest request)
      throws InterruptedException {
    while (gate.awaitOpen(this::isStopped)) {
      try (MemoryBudget.Reservation room = inFlight.reserve(LONGEST_PAUSE_MILLIS)) {
        if (room == null || !gate.awaitOpen(this::isStopped)) {
          continue;
        }
        if (brake.takeTurn()) {
          return receive(request, room);
        }
      }
      TimeUnit.MILLISECONDS.sleep(TURN_MILLIS);
    }
    return NOTHING;
  }

  private ReceiveMessageResponse receive(
      ReceiveMessageRequest request, MemoryBudget.Reservation room) throws InterruptedException {
    long began = System.nanoTime();
    underWay.put(Thread.currentThread(), new UnderWay(began, room));
    try {
      AskedAttributes asked =
          new AskedAttributes(union(request.messageAttributeNames(), attributes));
      ReceiveMessageResponse response =
          client.receiveMessage(
              request.toBuilder()
                  .waitTimeSeconds(waitSeconds)
                  .messageSystemAttributeNames(Delivery.SYSTEM_ATTRIBUTES)
                  .messageAttributeNames(AskedAttributes.ALL)
                  .overrideConfiguration(call -> call.putExecutionAttribute(AnswerLimit.ROOM, room))
                  .build());
      // Before the messages are registered: if no thread can be started, they must become visible
      // again.
      adapt(response.messages().size());
      List<Message> taken = register(response.messages(), began);
      recovered();
      return response.toBuilder().messages(taken.stream().map(asked::of).toList()).build();
    } catch (SdkException | IllegalStateException e) {
      // IllegalStateException: the HTTP client was closed by stop().
      if (room.isDeclined()) {
        warnOfDeclined(declinedWarnings.add(1));
      } else if (!stopped && !gate.isStopping()) {
        backOff(e);
      }
      return NOTHING;
    } finally {
      underWay.remove(Thread.currentThread());
    }
  }

  /**
   * Registers messages; none after {@link #stop} has returned, because nobody would settle them.
   */
  private List<Message> register(List<Message> messages, long beganNanos) {
    synchronized (underWay) {
      return ended ? List.of() : inFlight.receive(messages, beganNanos);
    }
  }

  private static void warnOfDeclined(long count) {
    if (count > 0) {
      LOG.warn(
          "Discarded SQS responses for lack of memory: their messages reappear after their"
              + " visibility timeout. Raise the heap (-Xmx), or make the database faster."
              + " count={}",
          count);
    }
  }

  private void adapt(int received) {
    emptyReceives.updateAndGet(empty -> received == 0 ? empty + 1 : 0);
    if (received == 0) {
      limit.empty();
    } else if (received >= MANY) {
      limit.busy();
    }
  }

  private static List<String> union(List<String> asked, Collection<String> needed) {
    return asked.isEmpty() && needed instanceof List<String> list
        ? list
        : Stream.concat(asked.stream(), needed.stream()).distinct().toList();
  }

  private void recovered() {
    if (failures.get() > 0 && failures.getAndSet(0) > 0) {
      failure = "";
      LOG.info("Receiving from the source queue works again.");
    }
  }

  private void backOff(RuntimeException e) throws InterruptedException {
    int attempt = failures.incrementAndGet();
    failure = SqsErrors.describe(e);
    if (attempt == 1) {
      LOG.warn("Receiving from the source queue fails, will retry: {}", failure);
    }
    long pause = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(attempt, 10));
    TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(pause / 2, pause + 1));
  }

  /** Why receiving fails now; an empty string if it works. */
  public String failure() {
    return failures.get() > 0 ? failure : "";
  }

  /**
   * Whether so many receives in a row were empty that a running one is unlikely to bring a message.
   */
  public boolean isIdle() {
    return emptyReceives.get()
        >= Math.max(EMPTY_RECEIVES, Math.max(limit.limit(), underWay.size()));
  }

  /**
   * Ends receiving by this client for good: lets receives whose answer has begun finish, and cuts
   * those that wait on an empty queue. Nothing is registered in {@link InFlightMessages}
   * afterwards.
   *
   * @param millis how long to wait for answers at most
   */
  public void stop(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    stopped = true;
    gate.wake();
    while (System.nanoTime() < end && isBeingAnswered()) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    client.close();
    while (System.nanoTime() < end && !underWay.isEmpty()) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    synchronized (underWay) {
      ended = true;
    }
  }

  @Override
  public String serviceName() {
    return client.serviceName();
  }

  @Override
  public void close() {
    client.close();
  }

  private boolean isStopped() {
    return stopped;
  }

  private boolean isBeingAnswered() {
    return underWay.values().stream().anyMatch(UnderWay::isBeingAnswered);
  }
}

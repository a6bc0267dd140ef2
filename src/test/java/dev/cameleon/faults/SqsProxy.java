package dev.cameleon.faults;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.cameleon.support.Shared;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** A proxy in front of the local SQS that injects faults into calls; see {@link Fault}. */
final class SqsProxy implements AutoCloseable {
  static final String RECEIVE = "ReceiveMessage";
  static final String DELETE = "DeleteMessageBatch";
  static final String SEND = "SendMessageBatch";
  static final String CHANGE_VISIBILITY = "ChangeMessageVisibilityBatch";

  private static final String TARGET = "X-Amz-Target";
  private static final String TYPE = "application/x-amz-json-1.0";

  static {
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private final HttpClient upstream =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "sqs-proxy");
            thread.setDaemon(true);
            return thread;
          });
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<String, Fault> faults = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> atSqs = new ConcurrentHashMap<>();
  private final HttpServer server;

  /** How much of an answer reaches the client. */
  enum Reach {
    WHOLE,
    HALF,
    NOTHING
  }

  /** An HTTP answer. */
  record Answer(int status, String body, Reach reach) {
    static Answer whole(int status, String body) {
      return new Answer(status, body, Reach.WHOLE);
    }

    Answer reaching(Reach part) {
      return new Answer(status, body, part);
    }
  }

  /** One call of a client. */
  final class Call {
    private final String target;
    private final String body;

    private Call(String target, String body) {
      this.target = target;
      this.body = body;
    }

    /** The client's request. */
    String body() {
      return body;
    }

    /** Lets SQS do the work. */
    Answer forward() throws IOException, InterruptedException {
      return forward(body);
    }

    /** Forwards another request than the client's. */
    Answer forward(String other) throws IOException, InterruptedException {
      AtomicInteger now = atSqs(target.substring(target.indexOf('.') + 1));
      now.incrementAndGet();
      try {
        HttpResponse<String> response =
            upstream.send(
                HttpRequest.newBuilder(Shared.sqs().endpoint())
                    .header("Content-Type", TYPE)
                    .header(TARGET, target)
                    .POST(HttpRequest.BodyPublishers.ofString(other))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        return Answer.whole(response.statusCode(), response.body());
      } finally {
        now.decrementAndGet();
      }
    }

    /** Delays the client, at most until this proxy is closed. */
    void delay(long millis) throws InterruptedException {
      closed.await(millis, TimeUnit.MILLISECONDS);
    }
  }

  private SqsProxy(HttpServer server) {
    this.server = server;
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** Starts a proxy on a free port, without faults. */
  static SqsProxy start() {
    try {
      return new SqsProxy(
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its address: the {@code AWS_ENDPOINT_URL} of the run. */
  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Injects this fault into every call of this action from now on. */
  SqsProxy on(String action, Fault fault) {
    faults.put(action, fault);
    return this;
  }

  /** Injects this fault into all message calls of the pipeline from now on. */
  SqsProxy onAll(Fault fault) {
    return on(RECEIVE, fault).on(DELETE, fault).on(SEND, fault).on(CHANGE_VISIBILITY, fault);
  }

  /** Ends all faults. */
  void heal() {
    faults.clear();
  }

  /** How many calls of this action have arrived. */
  int calls(String action) {
    return calls.computeIfAbsent(action, key -> new AtomicInteger()).get();
  }

  /** Waits until no call of this action is running or arrives. */
  void awaitNone(String action) {
    Awaitility.await("no " + action)
        .atMost(Duration.ofSeconds(60))
        .during(Duration.ofSeconds(1))
        .until(() -> atSqs(action).get() == 0);
  }

  private AtomicInteger atSqs(String action) {
    return atSqs.computeIfAbsent(action, key -> new AtomicInteger());
  }

  private void handle(HttpExchange exchange) throws IOException {
    String target = exchange.getRequestHeaders().getFirst(TARGET);
    String action = target.substring(target.indexOf('.') + 1);
    calls.computeIfAbsent(action, key -> new AtomicInteger()).incrementAndGet();
    answer(exchange, target, action);
  }

  private void answer(HttpExchange exchange, String target, String action) throws IOException {
    try (exchange) {
      byte[] request = exchange.getRequestBody().readAllBytes();
      Call call = new Call(target, new String(request, StandardCharsets.UTF_8));
      Answer answer = faults.getOrDefault(action, Call::forward).answer(call);
      if (answer.reach() == Reach.NOTHING) {
        return;
      }
      exchange.getResponseHeaders().set("Content-Type", TYPE);
      byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.status(), body.length);
      int length = answer.reach() == Reach.HALF ? body.length / 2 : body.length;
      exchange.getResponseBody().write(body, 0, length);
      exchange.getResponseBody().flush();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}

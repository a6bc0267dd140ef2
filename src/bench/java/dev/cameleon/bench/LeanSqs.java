package dev.cameleon.bench;

import dev.cameleon.support.Events;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An SQS stand-in that answers from memory, as lean as possible, so that the benchmark measures the clients. It speaks the JSON protocol over HTTP/1.1, adds a round-trip time to each answer, and counts calls and deleted messages. It has no visibility timeout and loses nothing: a measuring device, not a queue.
 *
 * <p>A queue is created empty when it is first named. {@code GET /counts/NAME} answers {@code
 * deleted receives deletes others} since the start; {@code /fill/NAME} gives the queue an endless supply of messages, {@code /send/NAME/N} adds N messages, and {@code /empty/NAME} removes all.
 */
public final class LeanSqs {
  private static final int BODIES = 4096;
  private static final int MESSAGES_PER_RECEIVE = 10;

  /** Receipt handles of SQS have some 400 characters. */
  private static final String RECEIPT = "AQEB".repeat(90);

  private final long roundTripMillis;
  private final String[] bodies = new String[BODIES];
  private final AtomicLong sent = new AtomicLong();
  private final Map<String, Queue> queues = new ConcurrentHashMap<>();
  private final ServerSocket server;

  /** The content and the counts of one queue. */
  private static final class Queue {
    private final AtomicLong deleted = new AtomicLong();
    private final AtomicLong receives = new AtomicLong();
    private final AtomicLong deletes = new AtomicLong();
    private final AtomicLong others = new AtomicLong();
    private volatile boolean endless;
    private volatile boolean newValues;
    private int waiting;

    synchronized void put(boolean withoutEnd, int messages) {
      endless = withoutEnd;
      waiting = messages;
      notifyAll();
    }

    int take(long seconds) throws InterruptedException {
      return endless ? MESSAGES_PER_RECEIVE : await(seconds);
    }

    /** A long poll; returns how many messages arrived before its time was over. */
    private synchronized int await(long seconds) throws InterruptedException {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
      while (!endless && waiting == 0 && System.nanoTime() < end) {
        TimeUnit.NANOSECONDS.timedWait(this, end - System.nanoTime());
      }
      int taken = endless ? MESSAGES_PER_RECEIVE : Math.min(waiting, MESSAGES_PER_RECEIVE);
      waiting -= endless ? 0 : taken;
      return taken;
    }

    @Override
    public String toString() {
      return deleted + " " + receives + " " + deletes + " " + others;
    }
  }

  private LeanSqs(long roundTripMillis) throws Exception {
    this.roundTripMillis = roundTripMillis;
    this.server = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
    for (int i = 0; i < BODIES; i++) {
      bodies[i] = fields(Events.body(i % 1500));
    }
  }

  /** A message's fields after its receipt handle, up to its body's hash. */
  private static String fields(String body) {
    try {
      MessageDigest md5 = MessageDigest.getInstance("MD5");
      String hash = HexFormat.of().formatHex(md5.digest(body.getBytes(StandardCharsets.US_ASCII)));
      return "\",\"Body\":\"" + body.replace("\"", "\\\"") + "\",\"MD5OfBody\":\"" + hash + "\"";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** An event whose address and device no other has. */
  private static String newEvent(long n) {
    return "{\"user_id\":\"user-"
        + n % 1500
        + "\",\"app_version\":\"2.3.0\",\"device_type\":\"android\",\"ip\":\"10."
        + (n >> 16 & 255)
        + '.'
        + (n >> 8 & 255)
        + '.'
        + (n & 255)
        + "\",\"locale\":\"RU\",\"device_id\":\"device-"
        + n
        + "\"}";
  }

  /** Starts the server, prints its port, and serves until the process ends. */
  public static void main(String[] arguments) throws Exception {
    LeanSqs sqs = new LeanSqs(Long.parseLong(arguments[0]));
    System.out.println(sqs.server.getLocalPort());
    while (true) {
      Socket socket = sqs.server.accept();
      socket.setTcpNoDelay(true);
      Thread thread = new Thread(() -> sqs.serve(socket));
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void serve(Socket socket) {
    try (socket;
        InputStream in = new BufferedInputStream(socket.getInputStream(), 32 * 1024)) {
      OutputStream out = socket.getOutputStream();
      for (Request request = Request.read(in); request != null; request = Request.read(in)) {
        if (request.action().isEmpty()) {
          out.write(http(control(request.path().split("/", -1))));
        } else {
          byte[] answer = http(answer(request));
          TimeUnit.MILLISECONDS.sleep(roundTripMillis);
          out.write(answer);
        }
      }
    } catch (IOException e) {
      // The client closed its connection.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Queue queue(String name) {
    return queues.computeIfAbsent(name, unknown -> new Queue());
  }

  private String control(String[] path) {
    Queue queue = queue(path[2]);
    switch (path[1]) {
      case "fill" -> queue.put(true, 0);
      case "fill-new" -> {
        queue.newValues = true;
        queue.put(true, 0);
      }
      case "send" -> queue.put(false, Integer.parseInt(path[3]));
      case "empty" -> queue.put(false, 0);
      default -> {}
    }
    return queue.toString();
  }

  private String answer(Request request) throws InterruptedException {
    String url = request.value("\"QueueUrl\":\"", '"');
    Queue queue = queue(url.substring(url.lastIndexOf('/') + 1));
    switch (request.action()) {
      case "ReceiveMessage" -> {
        return receive(queue, request);
      }
      case "DeleteMessageBatch" -> {
        return deleteBatch(queue, request.body());
      }
      case "DeleteMessage" -> {
        queue.deletes.incrementAndGet();
        queue.deleted.incrementAndGet();
        return "{}";
      }
      case "GetQueueUrl" -> {
        String name = request.value("\"QueueName\":\"", '"');
        return "{\"QueueUrl\":\"http://127.0.0.1:" + server.getLocalPort() + "/0/" + name + "\"}";
      }
      default -> {
        queue.others.incrementAndGet();
        return "{\"Attributes\":{\"VisibilityTimeout\":\"60\"}}";
      }
    }
  }

  private String receive(Queue queue, Request request) throws InterruptedException {
    queue.receives.incrementAndGet();
    int count = queue.take(Long.parseLong("0" + request.value("\"WaitTimeSeconds\":", ',')));
    StringBuilder json = new StringBuilder(count * 800 + 20).append("{\"Messages\":[");
    long first = sent.getAndAdd(count);
    for (long n = first; n < first + count; n++) {
      String id = new UUID(0x4000L | n << 20, 0x8000000000000000L | n).toString();
      json.append(n > first ? "," : "")
          .append("{\"MessageId\":\"")
          .append(id)
          .append("\",\"ReceiptHandle\":\"")
          .append(RECEIPT)
          .append(id)
          .append(queue.newValues ? fields(newEvent(n)) : bodies[(int) (n % BODIES)])
          .append(",\"Attributes\":{\"SentTimestamp\":\"1790000000000\",")
          .append("\"ApproximateReceiveCount\":\"1\"}}");
    }
    return json.append("]}").toString();
  }

  private static String deleteBatch(Queue queue, String body) {
    queue.deletes.incrementAndGet();
    int entries = 0;
    StringBuilder json = new StringBuilder(200).append("{\"Successful\":[");
    for (int at = body.indexOf("\"Id\":\""); at >= 0; at = body.indexOf("\"Id\":\"", at + 6)) {
      json.append(entries++ > 0 ? "," : "")
          .append("{\"Id\":\"")
          .append(body, at + 6, body.indexOf('"', at + 6))
          .append("\"}");
    }
    queue.deleted.addAndGet(entries);
    return json.append("],\"Failed\":[]}").toString();
  }

  private static byte[] http(String json) {
    byte[] body = json.getBytes(StandardCharsets.ISO_8859_1);
    byte[] head =
        ("HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: "
                + body.length
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, all, head.length, body.length);
    return all;
  }

  /** One request; the action is empty for a plain GET. */
  private record Request(String path, String action, String body) {
    static Request read(InputStream in) throws IOException {
      String first = line(in);
      if (first == null) {
        return null;
      }
      String action = "";
      int length = 0;
      for (String header = line(in); header != null && !header.isEmpty(); header = line(in)) {
        int colon = header.indexOf(':');
        String name = header.substring(0, colon);
        if (name.equalsIgnoreCase("content-length")) {
          length = Integer.parseInt(header.substring(colon + 1).trim());
        } else if (name.equalsIgnoreCase("x-amz-target")) {
          action = header.substring(header.lastIndexOf('.') + 1).trim();
        }
      }
      String body = new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
      return new Request(first.split(" ", -1)[1], action, body);
    }

    /** The value after a key in the SDK's JSON; an empty string if the key is absent. */
    String value(String key, char end) {
      int from = body.indexOf(key);
      if (from < 0) {
        return "";
      }
      int to = body.indexOf(end, from + key.length());
      return body.substring(from + key.length(), to < 0 ? body.length() - 1 : to);
    }

    private static String line(InputStream in) throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream(128);
      for (int c = in.read(); c >= 0; c = in.read()) {
        if (c == '\n') {
          return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
        }
        line.write(c);
      }
      return null;
    }
  }
}

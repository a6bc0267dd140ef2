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
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An SQS stand-in that answers from memory and never runs out of messages: as lean as it can be, so
 * that the benchmark measures the clients. It speaks the JSON protocol over HTTP/1.1, adds a
 * round-trip time to each answer, and counts calls and deleted messages. No visibility, no loss: a
 * measuring device, not a queue.
 *
 * <p>{@code GET /counts} answers {@code deleted receives deletes others} since the start.
 */
public final class LeanSqs {
  private static final int BODIES = 4096;

  private final long roundTripMillis;
  private final String[] bodies = new String[BODIES];
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong deleted = new AtomicLong();
  private final AtomicLong receives = new AtomicLong();
  private final AtomicLong deletes = new AtomicLong();
  private final AtomicLong others = new AtomicLong();
  private final ServerSocket server;

  private LeanSqs(long roundTripMillis) throws Exception {
    this.roundTripMillis = roundTripMillis;
    this.server = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
    MessageDigest md5 = MessageDigest.getInstance("MD5");
    for (int i = 0; i < BODIES; i++) {
      String body = Events.body(i % 1500);
      String hash = HexFormat.of().formatHex(md5.digest(body.getBytes(StandardCharsets.UTF_8)));
      bodies[i] =
          "\",\"Body\":\"" + body.replace("\"", "\\\"") + "\",\"MD5OfBody\":\"" + hash + "\"";
    }
  }

  /** Starts one, prints its port, and serves until the process ends. */
  public static void main(String[] arguments) throws Exception {
    LeanSqs sqs = new LeanSqs(Long.parseLong(arguments[0]));
    System.out.println("port " + sqs.server.getLocalPort());
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
      while (true) {
        Request request = Request.read(in);
        if (request == null) {
          return;
        }
        byte[] answer = answer(request);
        if (roundTripMillis > 0 && request.target() != null) {
          java.util.concurrent.TimeUnit.MILLISECONDS.sleep(roundTripMillis);
        }
        out.write(answer);
      }
    } catch (IOException e) {
      // The client went away.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private byte[] answer(Request request) {
    if (request.target() == null) {
      return http(deleted.get() + " " + receives.get() + " " + deletes.get() + " " + others.get());
    }
    return switch (request.target()) {
      case "ReceiveMessage" -> http(receive());
      case "DeleteMessageBatch" -> http(deleteBatch(request.body()));
      case "DeleteMessage" -> {
        deletes.incrementAndGet();
        deleted.incrementAndGet();
        yield http("{}");
      }
      case "GetQueueUrl" -> {
        others.incrementAndGet();
        yield http(
            "{\"QueueUrl\":\"http://127.0.0.1:" + server.getLocalPort() + "/0/login-queue\"}");
      }
      default -> {
        others.incrementAndGet();
        yield http("{\"Attributes\":{\"VisibilityTimeout\":\"60\"}}");
      }
    };
  }

  private String receive() {
    receives.incrementAndGet();
    StringBuilder json = new StringBuilder(6000).append("{\"Messages\":[");
    long first = sent.getAndAdd(10);
    for (long n = first; n < first + 10; n++) {
      String id = new UUID(0x4000L | n << 20, 0x8000000000000000L | n).toString();
      json.append(n > first ? "," : "")
          .append("{\"MessageId\":\"")
          .append(id)
          .append("\",\"ReceiptHandle\":\"")
          .append(RECEIPT)
          .append(id)
          .append(bodies[(int) (n % BODIES)])
          .append(",\"Attributes\":{\"SentTimestamp\":\"1790000000000\",")
          .append("\"ApproximateReceiveCount\":\"1\"}}");
    }
    return json.append("]}").toString();
  }

  /** Receipt handles of SQS are some 400 characters long. */
  private static final String RECEIPT = "AQEB".repeat(90);

  private String deleteBatch(byte[] body) {
    deletes.incrementAndGet();
    int entries = 0;
    StringBuilder json = new StringBuilder(200).append("{\"Successful\":[");
    String text = new String(body, StandardCharsets.ISO_8859_1);
    for (int at = text.indexOf("\"Id\":\""); at >= 0; at = text.indexOf("\"Id\":\"", at + 6)) {
      json.append(entries++ > 0 ? "," : "")
          .append("{\"Id\":\"")
          .append(text, at + 6, text.indexOf('"', at + 6))
          .append("\"}");
    }
    deleted.addAndGet(entries);
    return json.append("],\"Failed\":[]}").toString();
  }

  private static byte[] http(String json) {
    byte[] body = json.getBytes(StandardCharsets.ISO_8859_1);
    byte[] head =
        ("HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: "
                + body.length
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] all = java.util.Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, all, head.length, body.length);
    return all;
  }

  /** One request; the target is the action without its prefix, or null for a plain GET. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Request(String target, byte[] body) {
    static Request read(InputStream in) throws IOException {
      String first = line(in);
      if (first == null) {
        return null;
      }
      String target = null;
      int length = 0;
      for (String header = line(in); header != null && !header.isEmpty(); header = line(in)) {
        int colon = header.indexOf(':');
        String name = header.substring(0, colon);
        if (name.equalsIgnoreCase("content-length")) {
          length = Integer.parseInt(header.substring(colon + 1).trim());
        } else if (name.equalsIgnoreCase("x-amz-target")) {
          target = header.substring(header.lastIndexOf('.') + 1).trim();
        }
      }
      return new Request(target, in.readNBytes(length));
    }

    private static String line(InputStream in) throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream(128);
      int c;
      while ((c = in.read()) >= 0) {
        if (c == '\n') {
          return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
        }
        line.write(c);
      }
      return null;
    }
  }
}

package dev.cameleon.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * The limit of the SQS stand-in: sockets that send the same receive and the same delete for ever and only count the bytes of the answers. If this were not far faster than the best client, the benchmark would measure the stand-in.
 */
public final class PlainSockets {
  private static final String LENGTH = "Content-Length: ";

  private PlainSockets() {}

  /** Runs until the process is ended; the argument is the number of connections. */
  public static void main(String[] arguments) throws Exception {
    URI endpoint = URI.create(System.getenv("AWS_ENDPOINT_URL"));
    String url = "\"QueueUrl\":\"" + endpoint + "/0/" + System.getenv("CAMELEON_QUEUE") + "\"";
    byte[] receive =
        request(
            "ReceiveMessage", "{" + url + ",\"WaitTimeSeconds\":20,\"MaxNumberOfMessages\":10}");
    StringBuilder entries = new StringBuilder();
    for (int i = 0; i < 10; i++) {
      entries
          .append(i == 0 ? "" : ",")
          .append("{\"Id\":\"")
          .append(i)
          .append("\",\"ReceiptHandle\":\"")
          .append("AQEB".repeat(99))
          .append("\"}");
    }
    byte[] delete = request("DeleteMessageBatch", "{" + url + ",\"Entries\":[" + entries + "]}");
    for (int i = 0; i < Integer.parseInt(arguments[0]); i++) {
      new Thread(() -> loop(endpoint, receive, delete)).start();
    }
  }

  private static byte[] request(String action, String body) {
    return ("POST / HTTP/1.1\r\nX-Amz-Target: AmazonSQS."
            + action
            + "\r\n"
            + LENGTH
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static void loop(URI endpoint, byte[] receive, byte[] delete) {
    try (Socket socket = new Socket(endpoint.getHost(), endpoint.getPort())) {
      socket.setTcpNoDelay(true);
      OutputStream out = socket.getOutputStream();
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] buffer = new byte[64 * 1024];
      while (true) {
        out.write(receive);
        // An empty answer has nothing to delete; it is shorter than one receipt.
        if (readAnswer(in, buffer) > 400) {
          out.write(delete);
          readAnswer(in, buffer);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads one answer; returns the length of its body. */
  private static int readAnswer(DataInputStream in, byte[] buffer) throws IOException {
    int read = 0;
    while (true) {
      read += Math.max(0, in.read(buffer, read, buffer.length - read));
      String head = new String(buffer, 0, Math.min(read, 200), StandardCharsets.ISO_8859_1);
      int end = head.indexOf("\r\n\r\n");
      if (end > 0) {
        int from = head.indexOf(LENGTH) + LENGTH.length();
        int length = Integer.parseInt(head.substring(from, head.indexOf('\r', from)));
        in.readFully(buffer, read, end + 4 + length - read);
        return length;
      }
    }
  }
}

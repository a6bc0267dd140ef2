package dev.cameleon.support;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One ElasticMQ for all test JVMs, in a process of its own, because each new one takes long to warm
 * up. A JVM uses it as long as it keeps a connection open; it ends soon after the last one has
 * closed.
 */
final class SharedSqs implements Closeable {
  private static final String PORT = "sqs.port";
  private static final Duration UNUSED = Duration.ofSeconds(20);
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  /** Two versions do not share one. */
  private static final String CLASS_PATH = System.getProperty("java.class.path");

  private final Socket connection;
  private final int port;

  private SharedSqs(Socket connection, int port) {
    this.connection = connection;
    this.port = port;
  }

  /** Joins the running process, or starts one. */
  static SharedSqs join() {
    return BuildFolder.locked(
        "sqs.lock",
        () -> {
          SharedSqs running = connect();
          return running == null ? start() : running;
        });
  }

  private static SharedSqs start() throws Exception {
    Files.deleteIfExists(BuildFolder.file(PORT));
    Path log = BuildFolder.file("sqs.log");
    Process process =
        new ProcessBuilder(
                Program.java(
                    "-Xmx1g",
                    "-XX:+UseSerialGC",
                    "-XX:+ExitOnOutOfMemoryError",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    CLASS_PATH,
                    SharedSqs.class.getName()))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    long end = System.nanoTime() + START.toNanos();
    while (!process.waitFor(50, TimeUnit.MILLISECONDS) && System.nanoTime() < end) {
      SharedSqs started = connect();
      if (started != null) {
        return started;
      }
    }
    process.destroyForcibly();
    throw new IllegalStateException("ElasticMQ does not start: see " + log);
  }

  /** Null if none runs. */
  private static SharedSqs connect() throws Exception {
    Path file = BuildFolder.file(PORT);
    if (!Files.exists(file)) {
      return null;
    }
    Socket connection = new Socket();
    try {
      int control = Integer.parseInt(Files.readString(file));
      connection.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), control));
      connection.setSoTimeout((int) ANSWER.toMillis());
      DataInputStream in = new DataInputStream(connection.getInputStream());
      byte[] classPath = in.readNBytes(in.readInt());
      if (CLASS_PATH.equals(new String(classPath, StandardCharsets.UTF_8))) {
        return new SharedSqs(connection, in.readInt());
      }
    } catch (IOException e) {
      // the process is gone, or its port is somebody else's now
    }
    connection.close();
    return null;
  }

  /** The endpoint. */
  URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }

  /** The process. */
  public static void main(String[] arguments) throws Exception {
    try (LocalSqs sqs = LocalSqs.start();
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      server.setSoTimeout((int) UNUSED.toMillis());
      Path written =
          Files.writeString(BuildFolder.file("sqs.new"), Integer.toString(server.getLocalPort()));
      Files.move(written, BuildFolder.file(PORT), StandardCopyOption.ATOMIC_MOVE);
      AtomicInteger users = new AtomicInteger();
      while (true) {
        try {
          Socket user = server.accept();
          users.incrementAndGet();
          Thread thread = new Thread(() -> serve(user, sqs.endpoint().getPort(), users));
          thread.setDaemon(true);
          thread.start();
        } catch (SocketTimeoutException e) {
          if (users.get() == 0) {
            return;
          }
        }
      }
    }
  }

  private static void serve(Socket user, int port, AtomicInteger users) {
    try (user) {
      byte[] classPath = CLASS_PATH.getBytes(StandardCharsets.UTF_8);
      DataOutputStream out = new DataOutputStream(user.getOutputStream());
      out.writeInt(classPath.length);
      out.write(classPath);
      out.writeInt(port);
      user.getInputStream().read(); // until the JVM closes it
    } catch (IOException e) {
      // the JVM is gone
    } finally {
      users.decrementAndGet();
    }
  }
}

package dev.cameleon.support;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
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
final class SqsProcess implements Closeable {
  private static final String PORTS = "sqs.ports";
  private static final Duration UNUSED = Duration.ofSeconds(20);
  private static final Duration START = Duration.ofSeconds(60);

  /** Said to each JVM that it counts. */
  private static final int WELCOME = 'c';

  private final Socket connection;
  private final int port;

  private SqsProcess(Socket connection, int port) {
    this.connection = connection;
    this.port = port;
  }

  /** Uses the process, and starts it if none runs. */
  static SqsProcess join() {
    return BuildFolder.locked(
        "sqs.lock",
        () -> {
          SqsProcess running = connect();
          return running == null ? start() : running;
        });
  }

  private static SqsProcess start() throws Exception {
    Files.deleteIfExists(BuildFolder.file(PORTS));
    Path log = BuildFolder.file("sqs.log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                SqsProcess.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    long end = System.nanoTime() + START.toNanos();
    while (!process.waitFor(50, TimeUnit.MILLISECONDS) && System.nanoTime() < end) {
      SqsProcess started = connect();
      if (started != null) {
        return started;
      }
    }
    process.destroyForcibly();
    throw new IllegalStateException("ElasticMQ does not start: see " + log);
  }

  /** Null if the process does not run. */
  private static SqsProcess connect() throws Exception {
    Path file = BuildFolder.file(PORTS);
    if (!Files.exists(file)) {
      return null;
    }
    String[] ports = Files.readString(file).split(" ", -1);
    try {
      Socket connection = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(ports[1]));
      connection.setSoTimeout((int) START.toMillis());
      if (connection.getInputStream().read() == WELCOME) {
        return new SqsProcess(connection, Integer.parseInt(ports[0]));
      }
      connection.close();
      return null;
    } catch (IOException e) {
      return null; // it has ended
    }
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
          Files.writeString(
              BuildFolder.file("sqs.new"), sqs.endpoint().getPort() + " " + server.getLocalPort());
      Files.move(written, BuildFolder.file(PORTS), StandardCopyOption.ATOMIC_MOVE);
      AtomicInteger users = new AtomicInteger();
      while (true) {
        try {
          Socket user = server.accept();
          user.getOutputStream().write(WELCOME);
          users.incrementAndGet();
          Thread wait = new Thread(() -> awaitEnd(user, users));
          wait.setDaemon(true);
          wait.start();
        } catch (SocketTimeoutException e) {
          if (users.get() == 0) {
            return;
          }
        }
      }
    }
  }

  private static void awaitEnd(Socket user, AtomicInteger users) {
    try (user) {
      user.getInputStream().read();
    } catch (IOException e) {
      // ended as well
    } finally {
      users.decrementAndGet();
    }
  }
}

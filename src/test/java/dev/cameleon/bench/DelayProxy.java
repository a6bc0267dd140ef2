package dev.cameleon.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.TimeUnit;

/** Puts a round-trip time between a client and a server of this machine. */
final class DelayProxy implements AutoCloseable {
  private final ServerSocket server = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
  private final int target;
  private final long roundTripMillis;

  DelayProxy(int target, long roundTripMillis) throws IOException {
    this.target = target;
    this.roundTripMillis = roundTripMillis;
    start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  private void accept() throws IOException {
    while (true) {
      Socket client = server.accept();
      Socket behind = new Socket(InetAddress.getLoopbackAddress(), target);
      client.setTcpNoDelay(true);
      behind.setTcpNoDelay(true);
      // The whole delay on the way there: what the client sends in one go arrives in one go.
      start(() -> copy(client.getInputStream(), behind.getOutputStream(), roundTripMillis));
      start(() -> copy(behind.getInputStream(), client.getOutputStream(), 0));
    }
  }

  private static void copy(InputStream from, OutputStream to, long delayMillis) throws IOException {
    byte[] buffer = new byte[1 << 20];
    try (from;
        to) {
      for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
        if (delayMillis > 0) {
          TimeUnit.MILLISECONDS.sleep(delayMillis);
        }
        to.write(buffer, 0, read);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private interface Task {
    void run() throws IOException;
  }

  private static void start(Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (IOException e) {
                // One side went away.
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}

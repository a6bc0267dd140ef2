package dev.cameleon.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
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
      BlockingQueue<Piece> underWay = new LinkedBlockingQueue<>();
      // The whole delay is on the way to the server, because a client sees only the sum.
      start(() -> read(client.getInputStream(), underWay));
      start(() -> write(underWay, behind.getOutputStream()));
      start(() -> behind.getInputStream().transferTo(client.getOutputStream()));
    }
  }

  /** Bytes with their time of arrival. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Piece(byte[] bytes, long dueNanos) {}

  /** Reads without waiting for delivery, so that several pieces are under way at a time, as on a real line. */
  private void read(InputStream from, BlockingQueue<Piece> underWay) throws IOException {
    byte[] buffer = new byte[64 * 1024];
    int read = from.read(buffer);
    while (read >= 0) {
      underWay.add(
          new Piece(
              Arrays.copyOf(buffer, read),
              System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(roundTripMillis)));
      read = from.read(buffer);
    }
    underWay.add(new Piece(new byte[0], 0));
  }

  private static void write(BlockingQueue<Piece> underWay, OutputStream to) throws IOException {
    try (to) {
      Piece piece = underWay.take();
      while (piece.bytes().length > 0) {
        TimeUnit.NANOSECONDS.sleep(piece.dueNanos() - System.nanoTime());
        to.write(piece.bytes());
        piece = underWay.take();
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
                // One side closed its connection.
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

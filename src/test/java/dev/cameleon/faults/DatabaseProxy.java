package dev.cameleon.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP proxy in front of PostgreSQL that simulates network faults and failovers. It recognizes a
 * statement that loads rows by its batch, so that probes can pass while batches do not.
 */
final class DatabaseProxy implements AutoCloseable {
  private static final String BATCH = "{\"message_id\"";

  private final int target;
  private final int receiveBuffer;
  private final InetSocketAddress address;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private final AtomicInteger cutsBefore = new AtomicInteger();
  private final AtomicInteger cutsAfter = new AtomicInteger();
  private volatile ServerSocket listener;
  private volatile boolean blackHole;
  private volatile long bytesToFreeze = Long.MAX_VALUE;
  private volatile boolean frozen;
  private volatile long delayMillis;

  private DatabaseProxy(int target, int receiveBuffer) throws IOException {
    this.target = target;
    this.receiveBuffer = receiveBuffer;
    this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), listen(0));
  }

  /** Starts a proxy in front of the PostgreSQL on this local port. */
  static DatabaseProxy before(int port) {
    return before(port, 1 << 16);
  }

  /** Starts a proxy with a receive buffer of about this many bytes. */
  static DatabaseProxy before(int port, int receiveBuffer) {
    try {
      return new DatabaseProxy(port, receiveBuffer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The URL of a database through this proxy. */
  String url(String database) {
    return "jdbc:postgresql://localhost:" + address.getPort() + "/" + database;
  }

  /** Refuses new connections and cuts all that are open. */
  void refuse() throws IOException {
    listener.close();
    cut();
  }

  /** Accepts connections again. */
  void accept() throws IOException {
    listen(address.getPort());
  }

  /** Cuts every connection now; returns how many there were. */
  int cut() {
    List<Link> open = List.copyOf(links);
    open.forEach(Link::close);
    return open.size();
  }

  /** Cuts the connections of the next batches before the server sees these. */
  void cutBeforeExecution(int batches) {
    cutsBefore.set(batches);
  }

  /** Cuts the connections of the next batches after their commit, before the answer arrives. */
  void cutAfterCommit(int batches) {
    cutsAfter.set(batches);
  }

  /** How many requested cuts are still pending. */
  int cutsLeft() {
    return cutsBefore.get() + cutsAfter.get();
  }

  /**
   * Silently drops all bytes. A connection that lost bytes stays dead afterwards, like one to a
   * machine that has disappeared.
   */
  void blackHole(boolean on) {
    blackHole = on;
  }

  /**
   * Stops reading all connections once one sends this many bytes within a statement, that is,
   * without an answer in between. If that is more than a probe sends, a batch gets stuck in its
   * write. A connection that sends anything meanwhile stays open and unread for ever.
   */
  void freezeAfter(long bytes) {
    bytesToFreeze = bytes;
  }

  /** Reads again from connections that sent nothing meanwhile. */
  void thaw() {
    bytesToFreeze = Long.MAX_VALUE;
    frozen = false;
  }

  /** Delays every piece by this time. */
  void delay(long millis) {
    delayMillis = millis;
  }

  private int listen(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    socket.setReuseAddress(true);
    socket.setReceiveBufferSize(receiveBuffer);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    listener = socket;
    start(
        () -> {
          while (true) {
            Socket client = socket.accept();
            try {
              new Link(client, new Socket(InetAddress.getLoopbackAddress(), target));
            } catch (ConnectException down) {
              client.close(); // as a server that is down would do
            }
          }
        });
    return socket.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    refuse();
  }

  /** Work that ends when its socket is closed. */
  private interface Work {
    void run() throws Exception;
  }

  private static void start(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (Exception closed) {
                // The end of a connection or of the listener, as requested.
              }
            },
            "database-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private static boolean takeOne(AtomicInteger left) {
    return left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
  }

  /** One connection. */
  private final class Link {
    private final Socket client;
    private final Socket server;
    private volatile boolean lostBytes;
    private volatile boolean cutAtAnswer;
    private volatile long unanswered;

    Link(Socket client, Socket server) {
      this.client = client;
      this.server = server;
      links.add(this);
      start(() -> pump(client.getInputStream(), server.getOutputStream(), true));
      start(() -> pump(server.getInputStream(), client.getOutputStream(), false));
    }

    private void pump(InputStream in, OutputStream out, boolean toServer) throws Exception {
      byte[] bytes = new byte[1 << 16];
      try {
        int count = in.read(bytes);
        while (count >= 0 && !isCut(bytes, count, toServer)) {
          TimeUnit.MILLISECONDS.sleep(delayMillis);
          unanswered = toServer ? unanswered + count : 0;
          frozen |= unanswered > bytesToFreeze;
          if (frozen) {
            TimeUnit.DAYS.sleep(1);
          }
          lostBytes |= blackHole;
          if (!lostBytes) {
            out.write(bytes, 0, count);
          }
          count = in.read(bytes);
        }
      } finally {
        close();
      }
    }

    private boolean isCut(byte[] bytes, int count, boolean toServer) {
      if (!toServer) {
        // The server answers a batch after its commit, because the statement is a transaction of
        // its own.
        return cutAtAnswer;
      }
      boolean batch = new String(bytes, 0, count, StandardCharsets.ISO_8859_1).contains(BATCH);
      if (batch && takeOne(cutsBefore)) {
        return true;
      }
      if (batch && !cutAtAnswer && takeOne(cutsAfter)) {
        cutAtAnswer = true;
      }
      return false;
    }

    void close() {
      links.remove(this);
      try (client;
          server) {
        // Closes both.
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}

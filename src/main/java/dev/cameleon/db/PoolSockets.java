package dev.cameleon.db;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import javax.net.SocketFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tracks the TCP sockets of a pool's connections, so that they can be closed without the driver.
 * The driver's {@code abort} closes the TLS layer first, which waits for the lock of a thread that
 * is stuck in a write. Closing the socket itself ends that write and never blocks.
 */
final class PoolSockets implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PoolSockets.class);

  /** The pools by id: the driver passes only a text to a {@link Factory}. */
  private static final Map<String, PoolSockets> BY_ID = new ConcurrentHashMap<>();

  private final String id = UUID.randomUUID().toString();
  private final Set<Watched> open = Collections.newSetFromMap(new WeakHashMap<>());

  PoolSockets() {
    BY_ID.put(id, this);
  }

  /** The text for the driver to pass to a {@link Factory}. */
  String id() {
    return id;
  }

  private Socket open() {
    Watched socket = new Watched();
    synchronized (open) {
      open.add(socket);
    }
    return socket;
  }

  /** Closes the sockets that were opened before this moment, by {@link System#nanoTime}. */
  void closeOpenedBefore(long nanos) {
    close(socket -> socket.openedNanos - nanos < 0);
  }

  /**
   * Closes the sockets on which a write has made no progress since a given moment, because their
   * peer disappeared silently and a write has no time-out of its own.
   *
   * @param nanos the moment, by {@link System#nanoTime}
   * @return how many were closed
   */
  int closeStuckSince(long nanos) {
    return close(socket -> socket.isStuckSince(nanos));
  }

  private int close(Predicate<Watched> which) {
    List<Watched> sockets;
    synchronized (open) {
      sockets = open.stream().filter(socket -> !socket.isClosed()).filter(which).toList();
    }
    for (Socket socket : sockets) {
      try {
        socket.close();
      } catch (IOException e) {
        LOG.warn("Could not close a stuck connection: {}", e.getClass().getSimpleName());
      }
    }
    return sockets.size();
  }

  /** Creates no more sockets. Open ones stay open. */
  @Override
  public void close() {
    BY_ID.remove(id);
  }

  /** A socket that records when it was opened, and since when a write has made no progress. */
  private static final class Watched extends Socket {
    /** Small, so that each chunk is written quickly unless the peer does not read. */
    private static final int CHUNK_BYTES = 64 * 1024;

    private final long openedNanos = System.nanoTime();
    private volatile long writingNanos;
    private volatile boolean isWriting;

    boolean isStuckSince(long nanos) {
      return isWriting && writingNanos - nanos < 0;
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
      OutputStream out = super.getOutputStream();
      return new FilterOutputStream(out) {
        @Override
        public void write(int b) throws IOException {
          write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
          try {
            for (int done = 0; done < length; done += CHUNK_BYTES) {
              writingNanos = System.nanoTime();
              isWriting = true;
              out.write(bytes, offset + done, Math.min(CHUNK_BYTES, length - done));
            }
          } finally {
            isWriting = false;
          }
        }
      };
    }
  }

  /** Creates the sockets; the driver instantiates it by class name. */
  public static final class Factory extends SocketFactory {
    private final PoolSockets sockets;

    /**
     * Called by the driver.
     *
     * @param id the {@link PoolSockets#id}
     */
    public Factory(String id) {
      sockets = BY_ID.get(id);
    }

    /** Creates an unconnected socket, the only kind that the driver asks for. */
    @Override
    public Socket createSocket() {
      return sockets.open();
    }

    @Override
    public Socket createSocket(String host, int port) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) {
      throw new UnsupportedOperationException();
    }
  }
}

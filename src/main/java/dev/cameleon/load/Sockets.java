package dev.cameleon.load;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.SocketFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TCP sockets under a pool's connections, so that they can be closed without asking the driver:
 * its {@code abort} closes the TLS layer first, which waits for the lock that a thread stuck in a
 * write holds. Closing the socket below ends that write, and never blocks.
 */
final class Sockets implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sockets.class);

  /** How a {@link Factory} finds its pool: the driver hands it nothing but a text. */
  private static final Map<String, Sockets> BY_ID = new ConcurrentHashMap<>();

  private final String id = UUID.randomUUID().toString();
  private final Map<Socket, Long> opened = new WeakHashMap<>();

  Sockets() {
    BY_ID.put(id, this);
  }

  /** What a {@link Factory} is to be told. */
  String id() {
    return id;
  }

  private Socket open() {
    Socket socket = new Socket();
    synchronized (opened) {
      opened.put(socket, System.nanoTime());
    }
    return socket;
  }

  /** Closes the sockets that were opened before a moment, by {@link System#nanoTime}. */
  void closeOpenedBefore(long nanos) {
    List<Socket> before = new ArrayList<>();
    synchronized (opened) {
      opened.forEach(
          (socket, openedNanos) -> {
            if (openedNanos - nanos < 0) {
              before.add(socket);
            }
          });
    }
    for (Socket socket : before) {
      try {
        socket.close();
      } catch (IOException e) {
        LOG.warn("A connection could not be given up: {}", e.getClass().getSimpleName());
      }
    }
  }

  /** No more are made. Those that are open stay so. */
  @Override
  public void close() {
    BY_ID.remove(id);
  }

  /** Makes the sockets; the driver creates it by its name. */
  public static final class Factory extends SocketFactory {
    private final Sockets sockets;

    /**
     * For the driver.
     *
     * @param id the {@link Sockets#id}
     */
    public Factory(String id) {
      sockets = BY_ID.get(id);
    }

    /** Unconnected, the only kind that the driver asks for. */
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

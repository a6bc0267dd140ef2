package dev.cameleon.observe;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Serves health and metrics over HTTP from the start of the process: {@code /observe/health/live},
 * {@code /observe/health/ready}, {@code /observe/metrics}, and the status page at {@code /}. GET
 * and HEAD only. The numbers of connections, files and threads are bounded, even if many clients
 * connect and send slowly.
 */
public final class HttpEndpoint implements AutoCloseable {
  /** Probes and scrapers need a few; the limit is for hostile clients. */
  private static final int CONNECTIONS = 128;

  private static final String JSON = "application/json";

  static {
    // The JDK reads these once, when its server is first used. Values from the command line take
    // precedence.
    limit("jdk.httpserver.maxConnections", CONNECTIONS);
    limit("sun.net.httpserver.maxIdleConnections", 16);
    limit("sun.net.httpserver.maxReqTime", 5); // seconds; also for a connection without a request
    limit("sun.net.httpserver.maxRspTime", 10); // seconds
    limit("sun.net.httpserver.clockTick", 1000); // milliseconds between checks for idle connections
  }

  private final HttpServer server;
  private final ThreadPoolExecutor threads;

  /**
   * Starts listening.
   *
   * @param host the address to listen on; empty: all addresses of this machine
   * @param port 0 picks a free one
   * @param page the status page; empty: there is none
   * @throws IOException if the port is taken, or the address does not belong to this machine
   */
  public HttpEndpoint(
      String host, int port, Health health, Metrics metrics, Optional<StatusPage> page)
      throws IOException {
    InetSocketAddress address =
        host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new UnknownHostException("no such host");
    }
    server = HttpServer.create(address, 0);
    // One thread per connection, because a slowly sent request occupies its thread until its
    // time-out and must not block a probe.
    threads =
        new ThreadPoolExecutor(
            CONNECTIONS,
            CONNECTIONS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "http");
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    server.setExecutor(threads);
    serve("/observe/health/live", exchange -> answer(exchange, 200, JSON, "{\"status\":\"UP\"}"));
    serve(
        "/observe/health/ready",
        exchange -> {
          Health.Report report = health.ready();
          answer(exchange, report.up() ? 200 : 503, JSON, report.json());
        });
    serve(
        "/observe/metrics",
        exchange ->
            answer(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape()));
    page.ifPresent(this::serve);
    server.start();
  }

  private static void limit(String property, int value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, Integer.toString(value));
    }
  }

  /** The port that it listens on. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** A host and port at which it can be reached, at least from this machine. */
  public String address() {
    InetAddress address = server.getAddress().getAddress();
    String host =
        address.isAnyLocalAddress() || address.isLoopbackAddress()
            ? "localhost"
            : address.getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port();
  }

  private void serve(StatusPage page) {
    serve("/observe/status", exchange -> answer(exchange, 200, JSON, page.json()));
    serve(
        "/",
        exchange -> {
          // The handler of "/" receives every unknown path.
          if (!exchange.getRequestURI().getPath().equals("/")) {
            answer(exchange, 404, "text/plain; charset=utf-8", "Not found.\n");
            return;
          }
          Headers headers = exchange.getResponseHeaders();
          headers.set("Content-Security-Policy", StatusPage.POLICY);
          headers.set("Referrer-Policy", "no-referrer");
          answer(exchange, 200, "text/html; charset=utf-8", page.page());
        });
  }

  private void serve(String path, HttpHandler handler) {
    server.createContext(
        path,
        exchange -> {
          if (exchange.getRequestMethod().matches("GET|HEAD")) {
            handler.handle(exchange);
            return;
          }
          exchange.getResponseHeaders().set("Allow", "GET, HEAD");
          exchange.sendResponseHeaders(405, -1);
          exchange.close();
        });
  }

  private static void answer(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    Headers headers = exchange.getResponseHeaders();
    headers.set("Content-Type", type);
    headers.set("Cache-Control", "no-store");
    headers.set("X-Content-Type-Options", "nosniff");
    if (exchange.getRequestMethod().equals("HEAD")) {
      headers.set("Content-Length", Integer.toString(body.length));
      exchange.sendResponseHeaders(status, -1);
    } else {
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}

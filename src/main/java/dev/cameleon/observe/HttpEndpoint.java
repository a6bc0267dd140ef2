package dev.cameleon.observe;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Health and metrics over HTTP, from the first moment of the process: {@code /observe/health/live},
 * {@code /observe/health/ready}, {@code /observe/metrics}.
 */
public final class HttpEndpoint implements AutoCloseable {
  /** Probes and one scraper; a slow client must not block a probe. */
  private static final int THREADS = 4;

  private static final String JSON = "application/json";

  private final HttpServer server;
  private final ExecutorService threads;

  /**
   * Starts listening on all interfaces.
   *
   * @param port 0 picks a free one
   * @throws IOException if the port is taken
   */
  public HttpEndpoint(int port, Health health, Metrics metrics) throws IOException {
    server = HttpServer.create(new InetSocketAddress(port), 0);
    threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "http");
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
    server.createContext(
        "/observe/health/live", exchange -> answer(exchange, 200, JSON, "{\"status\":\"UP\"}"));
    server.createContext(
        "/observe/health/ready",
        exchange -> {
          Health.Report report = health.ready();
          answer(exchange, report.up() ? 200 : 503, JSON, report.json());
        });
    server.createContext(
        "/observe/metrics",
        exchange ->
            answer(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape()));
    server.start();
  }

  /** The port that is listened on. */
  public int port() {
    return server.getAddress().getPort();
  }

  private static void answer(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}

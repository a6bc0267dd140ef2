package dev.cameleon.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * GetSecretValue of AWS Secrets Manager over HTTP, as its API reference describes it (AWS JSON
 * 1.1), for signed requests of the region eu-central-1.
 */
public final class LocalSecrets implements AutoCloseable {
  /** The SDK's system property for its endpoint. */
  public static final String ENDPOINT = "aws.endpointUrlSecretsManager";

  private static final String DENIED = "\u0000denied";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Map<String, String> secrets = new ConcurrentHashMap<>();
  private final AtomicInteger requests = new AtomicInteger();
  private final HttpServer server;

  private LocalSecrets(HttpServer server) {
    this.server = server;
  }

  /** Starts a server on a free port. */
  public static LocalSecrets start() {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      LocalSecrets secrets = new LocalSecrets(server);
      server.createContext("/", secrets::answer);
      server.start();
      return secrets;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds a secret. */
  public LocalSecrets with(String name, String content) {
    secrets.put(name, content);
    return this;
  }

  /** Adds a secret that the caller may not read. */
  public LocalSecrets withForbidden(String name) {
    return with(name, DENIED);
  }

  /** How many requests arrived. */
  public int requests() {
    return requests.get();
  }

  /** The environment variables for this service only. */
  public Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint());
    environment.put("AWS_REGION", "eu-central-1");
    environment.put("AWS_ACCESS_KEY_ID", "x");
    environment.put("AWS_SECRET_ACCESS_KEY", "x");
    environment.put("AWS_EC2_METADATA_DISABLED", "true");
    return environment;
  }

  /** The SDK's system properties for this service. */
  public Map<String, String> properties() {
    return Map.of(
        ENDPOINT,
        endpoint(),
        "aws.region",
        "eu-central-1",
        "aws.accessKeyId",
        "x",
        "aws.secretAccessKey",
        "x");
  }

  private String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    requests.incrementAndGet();
    String signature = exchange.getRequestHeaders().getFirst("Authorization");
    String action = exchange.getRequestHeaders().getFirst("X-Amz-Target");
    JsonNode request = JSON.readTree(exchange.getRequestBody());
    String id = request.path("SecretId").asText();
    String content = secrets.get(id + request.path("VersionId").asText());
    if (signature == null
        || !signature.matches(
            "AWS4-HMAC-SHA256 Credential=x/\\d+/eu-central-1/secretsmanager/.*")) {
      fail(exchange, "MissingAuthenticationTokenException", "Missing Authentication Token");
    } else if (!"secretsmanager.GetSecretValue".equals(action)) {
      fail(exchange, "UnknownOperationException", "");
    } else if (content == null) {
      fail(
          exchange,
          "ResourceNotFoundException",
          "Secrets Manager can't find the specified secret.");
    } else if (content.equals(DENIED)) {
      fail(exchange, "AccessDeniedException", "User: x is not authorized to perform: " + action);
    } else {
      send(
          exchange,
          200,
          JSON.createObjectNode()
              .put("ARN", "arn:aws:secretsmanager:eu-central-1:000000000000:secret:" + id)
              .put("Name", id)
              .put("VersionId", "00000000-0000-4000-8000-000000000000")
              .put("SecretString", content)
              .put("CreatedDate", 1.5e9));
    }
  }

  static void fail(HttpExchange exchange, String type, String message) throws IOException {
    send(exchange, 400, JSON.createObjectNode().put("__type", type).put("Message", message));
  }

  static void send(HttpExchange exchange, int status, JsonNode body) throws IOException {
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.1");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

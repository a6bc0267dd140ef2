package dev.cameleon.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpEndpointTest {
  private final Metrics metrics = new Metrics();
  private HttpEndpoint endpoint;

  /**
   * Other tests' servers in this JVM wait for long polls, so here the JDK reads its limits before
   * the endpoint sets them; HealthAttackTest tests the limits.
   */
  @BeforeAll
  static void leaveTheLimitsOfThisJvm() throws IOException {
    HttpServer.create(new InetSocketAddress(0), 0).stop(0);
  }

  @BeforeEach
  void listen() throws IOException {
    endpoint = new HttpEndpoint("", 0, new Health(), metrics, Optional.empty());
  }

  @AfterEach
  void close() {
    endpoint.close();
    metrics.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
  void nothingButGetAndHeadIsAnswered(String method) throws Exception {
    for (String path :
        new String[] {"/observe/health/live", "/observe/health/ready", "/observe/metrics"}) {
      HttpResponse<String> answer = send(method, path);

      assertThat(answer.statusCode()).isEqualTo(405);
      assertThat(answer.headers().firstValue("Allow")).contains("GET, HEAD");
      assertThat(answer.body()).isEmpty();
    }
  }

  @Test
  void headSaysHowLongTheAnswerWouldBe() throws Exception {
    HttpResponse<String> get = send("GET", "/observe/health/live");
    HttpResponse<String> head = send("HEAD", "/observe/health/live");

    assertThat(get.body()).isEqualTo("{\"status\":\"UP\"}");
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValueAsLong("Content-Length")).hasValue(get.body().length());
  }

  @Test
  void itListensOnTheNamedAddressAlone() throws Exception {
    try (HttpEndpoint local =
        new HttpEndpoint("127.0.0.1", 0, new Health(), metrics, Optional.empty())) {
      assertThat(local.address()).isEqualTo("localhost:" + local.port());
      for (InetAddress address :
          NetworkInterface.networkInterfaces()
              .flatMap(NetworkInterface::inetAddresses)
              .filter(each -> !each.isLoopbackAddress() && each.getAddress().length == 4)
              .toList()) {
        assertThatThrownBy(() -> connect(address, local.port())).isInstanceOf(IOException.class);
        connect(address, endpoint.port());
      }
    }
  }

  @Test
  void aForeignOrInvalidAddressIsAnError() {
    for (String host : new String[] {"192.0.2.1", "no.such.host.invalid"}) {
      assertThatThrownBy(() -> new HttpEndpoint(host, 0, new Health(), metrics, Optional.empty()))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void theStatusPageAllowsNoOtherScript() throws Exception {
    Health health = new Health();
    health.waiting("DATABASE", "<b>away</b>");
    try (HttpEndpoint withPage =
        new HttpEndpoint("", 0, health, metrics, Optional.of(new StatusPage(health)))) {
      HttpResponse<String> page = send("GET", withPage, "/");

      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.headers().firstValue("Content-Type")).contains("text/html; charset=utf-8");
      assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
          .startsWith("default-src 'none'; ")
          .containsPattern("script-src 'sha256-[A-Za-z0-9+/]{43}='; ")
          .doesNotContain("unsafe", "http:", "https:");
      assertThat(page.body())
          .contains("<title>Cameleon</title>")
          .doesNotContain("http://", "https://");
      assertThat(send("GET", withPage, "/observe/status").body())
          .contains("\"problems\":{\"DATABASE\":\"<b>away</b>\"}");
      assertThat(send("GET", withPage, "/other").statusCode()).isEqualTo(404);
      assertThat(send("POST", withPage, "/").statusCode()).isEqualTo(405);
    }
  }

  @Test
  void aDisabledPageIsNotServed() throws Exception {
    assertThat(send("GET", "/").statusCode()).isEqualTo(404);
    assertThat(send("GET", "/observe/status").statusCode()).isEqualTo(404);
  }

  private static void connect(InetAddress address, int port) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), 10_000);
    }
  }

  private HttpResponse<String> send(String method, String path) throws Exception {
    return send(method, endpoint, path);
  }

  private static HttpResponse<String> send(String method, HttpEndpoint endpoint, String path)
      throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://localhost:" + endpoint.port() + path))
                .method(method, BodyPublishers.noBody())
                .build(),
            BodyHandlers.ofString());
  }
}

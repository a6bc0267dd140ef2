package dev.cameleon.sqs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpServer;
import dev.cameleon.aws.AwsClients;
import dev.cameleon.support.Shared;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;

class SqsErrorsTest {
  /** The answer of a query-protocol service to a JSON-protocol request. */
  private static final String XML =
      "<ErrorResponse><Error><Code>MissingAction</Code></Error></ErrorResponse>";

  @Test
  void anSqsOfTheOlderProtocolIsNamed() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.getRequestBody().readAllBytes();
            byte[] answer = XML.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/xml");
            exchange.sendResponseHeaders(400, answer.length);
            exchange.getResponseBody().write(answer);
          }
        });
    server.start();
    Shared.sqs();
    System.setProperty("aws.endpointUrl", "http://127.0.0.1:" + server.getAddress().getPort());
    try (SqsClient sqs = AwsClients.sqs(1)) {
      SdkException failure =
          catchThrowableOfType(
              SdkException.class, () -> sqs.getQueueUrl(request -> request.queueName("q")));

      assertThat(SqsErrors.describe(failure))
          .startsWith("SQS answered HTTP 400 without an error code")
          .contains("query protocol", "LocalStack before 3.0");
    } finally {
      System.setProperty("aws.endpointUrl", Shared.sqs().endpoint().toString());
      server.stop(0);
    }
  }

  @Test
  void aLookupEndsSoonIfSqsTakesTheCallAndDoesNotAnswer() throws Exception {
    Shared.sqs();
    // Nobody accepts, but the operating system takes the connection and the request.
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      System.setProperty("aws.endpointUrl", "http://127.0.0.1:" + silent.getLocalPort());
      try (SqsClient sqs = AwsClients.sqs(1)) {
        long began = System.nanoTime();
        SdkException failure =
            catchThrowableOfType(SdkException.class, () -> SqsQueue.find(sqs, "q"));

        assertThat(SqsErrors.describe(failure)).isEqualTo("SQS does not answer");
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(60));
      }
    } finally {
      System.setProperty("aws.endpointUrl", Shared.sqs().endpoint().toString());
    }
  }
}

package dev.cameleon.support;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.elasticmq.Limits;
import org.elasticmq.RelaxedSQSLimits$;
import org.elasticmq.StrictSQSLimits$;
import org.elasticmq.rest.sqs.SQSRestServer;
import org.elasticmq.rest.sqs.SQSRestServerBuilder;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;

/** A local SQS. */
public final class LocalSqs implements AutoCloseable {
  private static final String EXTERNAL = System.getProperty("cameleon.test.sqs", "");

  private final Closeable server;
  private final URI endpoint;
  private final SqsClient client;

  private LocalSqs(Closeable server, URI endpoint) {
    this.server = server;
    this.endpoint = endpoint;
    this.client =
        SqsClient.builder()
            .endpointOverride(endpoint)
            .region(Region.EU_CENTRAL_1)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x")))
            .build();
  }

  /**
   * The one of all test JVMs, or the service that the system property {@code cameleon.test.sqs}
   * names, for example LocalStack.
   */
  static LocalSqs shared() {
    if (!EXTERNAL.isEmpty()) {
      return external();
    }
    SharedSqs shared = SharedSqs.join();
    return new LocalSqs(shared, shared.endpoint());
  }

  /** Starts ElasticMQ in this process, on a free port. */
  public static LocalSqs start() {
    return start(StrictSQSLimits$.MODULE$);
  }

  /** Starts one that does not look at each character of a body, which takes longest. */
  public static LocalSqs startForLargeMessages() {
    return EXTERNAL.isEmpty() ? start(RelaxedSQSLimits$.MODULE$) : external();
  }

  private static LocalSqs external() {
    return new LocalSqs(() -> {}, URI.create(EXTERNAL));
  }

  private static LocalSqs start(Limits limits) {
    // Its own 10 ms keep a processor busy even while nothing happens.
    System.setProperty("pekko.scheduler.tick-duration", "50ms");
    // Its own eight threads are in each other's way.
    String executor = "pekko.actor.default-dispatcher.fork-join-executor.parallelism-";
    System.setProperty(executor + "min", "4");
    System.setProperty(executor + "max", "4");
    SQSRestServer server =
        SQSRestServerBuilder.withDynamicPort()
            .withInterface("127.0.0.1")
            .withSQSLimits(limits)
            .start();
    int port = server.waitUntilStarted().localAddress().getPort();
    return new LocalSqs(server::stopAndWait, URI.create("http://127.0.0.1:" + port));
  }

  /** A client for the test's own calls. */
  public SqsClient client() {
    return client;
  }

  /** A client through a proxy, with as many connections as a run has. */
  public SqsClient clientThrough(String url) {
    return SqsClient.builder()
        .endpointOverride(URI.create(url))
        .region(Region.EU_CENTRAL_1)
        .httpClientBuilder(Apache5HttpClient.builder().maxConnections(100))
        .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("x", "x")))
        .build();
  }

  /** Its endpoint. */
  public URI endpoint() {
    return endpoint;
  }

  /** The environment variables for this service. */
  public Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("AWS_ENDPOINT_URL", endpoint.toString());
    environment.put("AWS_REGION", "eu-central-1");
    environment.put("AWS_ACCESS_KEY_ID", "x");
    environment.put("AWS_SECRET_ACCESS_KEY", "x");
    environment.put("AWS_EC2_METADATA_DISABLED", "true");
    return environment;
  }

  @Override
  public void close() {
    client.close();
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

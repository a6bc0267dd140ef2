package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.aws.AwsClients;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.support.Events;
import dev.cameleon.support.Run;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.GetQueueAttributesRequest;

/** The endpoint of calls to SQS, as a result of AWS's own variables and a queue's URL. */
class EndpointsTest {
  private static final String VPC_ENDPOINT = "vpce-0a1b2c3d-9z8y.sqs.us-east-1.vpce.amazonaws.com";
  private static final String QUEUE = "https://" + VPC_ENDPOINT + "/123456789012/login-queue";

  @TempDir private Path folder;

  private final Map<String, String> before = new HashMap<>();

  @AfterEach
  void restoreProperties() {
    before.forEach(
        (name, value) -> {
          if (value == null) {
            System.clearProperty(name);
          } else {
            System.setProperty(name, value);
          }
        });
  }

  @Test
  void callsDoNotGoToTheHostInAQueuesUrl() {
    set("aws.endpointUrl", null);

    assertThat(called(QUEUE)).isEqualTo("https://sqs.us-east-1.amazonaws.com");
    assertThat(named()).isEmpty();
  }

  /** A name would be looked up in the account of the credentials. */
  @Test
  void aQueuesUrlIsAskedForAsItIsBecauseItMayBeOfAnotherAccount() {
    set("aws.endpointUrl", null);

    assertThat(stopped(QUEUE).request())
        .isInstanceOfSatisfying(
            GetQueueAttributesRequest.class, call -> assertThat(call.queueUrl()).isEqualTo(QUEUE));
  }

  @Test
  void theEndpointOfSqsWinsOverTheGeneralOne() {
    set("aws.endpointUrl", "http://localhost:4566");
    set("aws.endpointUrlSqs", "https://" + VPC_ENDPOINT);

    assertThat(called(QUEUE)).isEqualTo("https://" + VPC_ENDPOINT);
    assertThat(called("login-queue")).isEqualTo("https://" + VPC_ENDPOINT);
    assertThat(named()).hasValue(URI.create("https://" + VPC_ENDPOINT));
  }

  @Test
  void fipsEndpointsAreUsedOnRequestIfNoEndpointIsNamed() {
    set("aws.endpointUrl", null);
    set("aws.useFipsEndpoint", "true");

    assertThat(called("login-queue")).isEqualTo("https://sqs-fips.us-east-1.amazonaws.com");
    set("aws.endpointUrlSqs", "https://" + VPC_ENDPOINT);
    assertThatThrownBy(() -> called("login-queue"))
        .isInstanceOf(SdkClientException.class)
        .hasMessageContaining("FIPS and custom endpoint are not supported");
  }

  /** The pod has credentials, so a message that they are "not found" would mislead. */
  @Test
  void aRoleThatStsDoesNotGiveIsNotCalledMissingCredentials() throws Exception {
    set("aws.endpointUrl", Shared.sqs().endpoint().toString()); // no STS
    set("aws.region", "us-east-1");
    set("aws.accessKeyId", null);
    set("aws.secretAccessKey", null);
    set("aws.disableEc2Metadata", "true");
    set("aws.roleArn", "arn:aws:iam::123456789012:role/cameleon-loader");
    set("aws.webIdentityTokenFile", Files.writeString(folder.resolve("token"), "a.b.c").toString());

    assertThat(AwsClients.problems())
        .singleElement()
        .asString()
        .contains("AWS STS gives no credentials", "AWS_ROLE_ARN", "trust policy");
  }

  @Test
  void aQueueUrlOfAnotherHostLoadsThroughTheNamedEndpoint() throws Exception {
    Site site = Site.in(folder);
    URI url = URI.create(site.queues().sourceUrl());
    site.with("CAMELEON_QUEUE", "https://" + VPC_ENDPOINT + url.getPath());
    set("aws.endpointUrlSqs", Shared.sqs().endpoint().toString());
    site.queues().send(Events.bodies(10));

    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 10);
    }
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(10);
    assertThat(site.queues().left()).isZero();
  }

  /** The endpoint of the first call about this queue; no call leaves this machine. */
  private String called(String queue) {
    return stopped(queue).getMessage();
  }

  private static Optional<URI> named() {
    try (SqsClient sqs = AwsClients.sqs(1)) {
      return AwsClients.endpoint(sqs);
    }
  }

  private Stopped stopped(String queue) {
    set("aws.region", "us-east-1");
    set("aws.accessKeyId", "x");
    set("aws.secretAccessKey", "x");
    try (SqsClient sqs = AwsClients.sqs(1, new Stop())) {
      SqsQueue.find(sqs, queue);
      throw new AssertionError("nothing was called");
    } catch (Stopped e) {
      return e;
    }
  }

  private void set(String property, String value) {
    before.putIfAbsent(property, System.getProperty(property));
    if (value == null) {
      System.clearProperty(property);
    } else {
      System.setProperty(property, value);
    }
  }

  private static final class Stop implements ExecutionInterceptor {
    @Override
    public void beforeTransmission(Context.BeforeTransmission call, ExecutionAttributes more) {
      URI uri = call.httpRequest().getUri();
      throw new Stopped(uri.getScheme() + "://" + uri.getAuthority(), call.request());
    }
  }

  private static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient SdkRequest request;

    Stopped(String host, SdkRequest request) {
      super(host);
      this.request = request;
    }

    SdkRequest request() {
      return request;
    }
  }
}

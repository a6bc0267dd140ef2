package dev.cameleon;

import java.time.Duration;
import java.util.List;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.sqs.SqsClient;

/** Clients of AWS, configured by the SDK's own environment variables. */
public final class Aws {
  /** A long poll is answered after 20 s at most (AWS); a client must wait longer than that. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  private Aws() {}

  /**
   * A client with a connection pool of its own.
   *
   * @param connections how many calls may be under way at a time
   * @param interceptors see every call
   */
  public static SqsClient sqs(int connections, ExecutionInterceptor... interceptors) {
    return SqsClient.builder()
        .overrideConfiguration(call -> call.executionInterceptors(List.of(interceptors)))
        .httpClientBuilder(
            Apache5HttpClient.builder()
                .maxConnections(connections)
                .connectionTimeout(CONNECT_TIMEOUT)
                .socketTimeout(ANSWER_TIMEOUT))
        .build();
  }

  /** A client for a few calls, with a connection pool of its own. */
  static SecretsManagerClient secrets() {
    return SecretsManagerClient.builder()
        .httpClientBuilder(Apache5HttpClient.builder().connectionTimeout(CONNECT_TIMEOUT))
        .overrideConfiguration(settings -> settings.apiCallTimeout(ANSWER_TIMEOUT))
        .build();
  }

  /**
   * What is missing to talk to AWS, each with an example. Asks no service but the host's metadata.
   */
  public static void inspect(Problems problems) {
    try {
      DefaultAwsRegionProviderChain.builder().build().getRegion();
    } catch (SdkClientException e) {
      problems.add("AWS_REGION is not set, e.g. AWS_REGION=eu-central-1");
    }
    try (DefaultCredentialsProvider credentials = DefaultCredentialsProvider.builder().build()) {
      credentials.resolveCredentials();
    } catch (SdkClientException e) {
      problems.add(
          "no AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run"
              + " where a role gives them (a local SQS takes any, e.g. test and test)");
    }
  }
}

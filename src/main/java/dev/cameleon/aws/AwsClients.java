package dev.cameleon.aws;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.KmsClientBuilder;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.sqs.SqsClient;

/** Creates AWS clients, configured by the SDK's own environment variables. */
public final class AwsClients {
  /** SQS answers a long poll after 20 s at most (AWS); a client must wait longer than that. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  private static final Pattern ARN = Pattern.compile("arn:[^:]+:kms:(?<region>[a-z0-9-]+):\\d*:.+");

  private AwsClients() {}

  /**
   * A client with a connection pool of its own.
   *
   * @param connections the maximum number of parallel calls
   * @param interceptors receive every call
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

  /**
   * The endpoint that the settings name for a client, whatever a queue's URL says; empty if it
   * calls AWS's own in its region, which speak HTTPS.
   */
  public static Optional<URI> endpoint(SqsClient sqs) {
    return sqs.serviceClientConfiguration().endpointOverride();
  }

  /** A client for a few calls, with a connection pool of its own. */
  public static SecretsManagerClient secrets() {
    return SecretsManagerClient.builder()
        .httpClientBuilder(Apache5HttpClient.builder().connectionTimeout(CONNECT_TIMEOUT))
        .overrideConfiguration(call -> call.apiCallTimeout(ANSWER_TIMEOUT))
        .build();
  }

  /**
   * A client for a few calls, with a connection pool of its own.
   *
   * @param key if it is an ARN, its region is used; else the configured one
   */
  public static KmsClient kms(String key) {
    KmsClientBuilder builder =
        KmsClient.builder()
            .httpClientBuilder(Apache5HttpClient.builder().connectionTimeout(CONNECT_TIMEOUT))
            .overrideConfiguration(call -> call.apiCallTimeout(ANSWER_TIMEOUT));
    Matcher arn = ARN.matcher(key);
    return (arn.matches() ? builder.region(Region.of(arn.group("region"))) : builder).build();
  }

  /** The service's error code; an empty string if it gave none. */
  public static String code(AwsServiceException refusal) {
    AwsErrorDetails details = refusal.awsErrorDetails();
    return details == null || details.errorCode() == null ? "" : details.errorCode();
  }

  /** Describes a service's answer without its message, which may repeat parts of the request. */
  public static String answer(String service, AwsServiceException refusal) {
    String code = code(refusal);
    return service + " answered HTTP " + refusal.statusCode() + (code.isEmpty() ? "" : ", " + code);
  }

  /**
   * Explains why a service did not answer, and what to check.
   *
   * @param service its name
   * @param variable the environment variable that sets its endpoint
   */
  public static String unreachable(String service, String variable, Throwable failure) {
    List<String> missing = problems();
    if (!missing.isEmpty()) {
      return String.join("; ", missing);
    }
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return "%s cannot be reached (%s); see AWS_REGION, %s and the network"
        .formatted(service, root.getClass().getSimpleName(), variable);
  }

  /**
   * The settings that are missing for calls to AWS, each with an example. Calls no service except
   * the host's metadata service.
   */
  public static List<String> problems() {
    List<String> problems = new ArrayList<>();
    try {
      DefaultAwsRegionProviderChain.builder().build().getRegion();
    } catch (SdkClientException e) {
      problems.add("AWS_REGION is not set; set it, for example AWS_REGION=eu-central-1");
    }
    try (DefaultCredentialsProvider credentials = DefaultCredentialsProvider.builder().build()) {
      credentials.resolveCredentials();
    } catch (SdkClientException e) {
      problems.add(
          SdkSystemSetting.AWS_WEB_IDENTITY_TOKEN_FILE
              .getStringValue()
              .map(
                  file ->
                      "AWS STS gives no credentials for the token AWS_WEB_IDENTITY_TOKEN_FILE: see the"
                          + " trust policy of the role AWS_ROLE_ARN, and whether STS can be reached")
              .orElse(
                  "no AWS credentials found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,"
                      + " or run with an IAM role (a local SQS accepts any, for example test and"
                      + " test)"));
    }
    return problems;
  }
}

package dev.cameleon.db;

import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner.AuthLocation;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;

/**
 * Generates a token of RDS IAM authentication for each connection: the URL of a call {@code
 * connect} of the service {@code rds-db}, signed with AWS Signature Version 4, without {@code
 * https://} (Amazon RDS User Guide, "IAM database authentication"). It needs the action {@code
 * rds-db:connect}, and RDS accepts it over TLS only.
 *
 * @param host the server's own RDS host name, for which the token is valid
 * @param port its port
 * @param user the role, a member of rds_iam
 */
public record IamPassword(String host, int port, String user) implements Password {
  private static final Logger LOG = LoggerFactory.getLogger(IamPassword.class);

  /** The longest validity that RDS accepts; the token is used at once. */
  private static final Duration VALIDITY = Duration.ofMinutes(15);

  /** The provider caches credentials, and asks the host's metadata service only to renew them. */
  private static final DefaultCredentialsProvider CREDENTIALS =
      DefaultCredentialsProvider.builder().build();

  @Override
  public Optional<String> get(Optional<String> refused) {
    if (refused.isPresent()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          token(
              CREDENTIALS.resolveCredentials(),
              DefaultAwsRegionProviderChain.builder().build().getRegion().id()));
    } catch (SdkException e) { // STS may refuse as well
      LOG.warn(
          "Cannot create an RDS token: no AWS credentials or region; check the IAM role and"
              + " AWS_REGION. user={}",
          user);
      return Optional.empty(); // this connection fails; the next one asks again
    }
  }

  private String token(AwsCredentialsIdentity credentials, String region) {
    SdkHttpRequest request =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.GET)
            .protocol("https")
            .host(host)
            .port(port)
            .encodedPath("/")
            .putRawQueryParameter("Action", "connect")
            .putRawQueryParameter("DBUser", user)
            .build();
    return AwsV4HttpSigner.create()
        .sign(
            sign ->
                sign.identity(credentials)
                    .request(request)
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "rds-db")
                    .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                    .putProperty(AwsV4HttpSigner.AUTH_LOCATION, AuthLocation.QUERY_STRING)
                    .putProperty(AwsV4HttpSigner.EXPIRATION_DURATION, VALIDITY))
        .request()
        .getUri()
        .toString()
        .substring("https://".length());
  }
}

package dev.cameleon.sqs;

import java.util.regex.Pattern;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;

/**
 * Describes failures of SQS without quoting any message's text, and tells permanent refusals from
 * transient ones.
 */
public final class SqsErrors {
  /**
   * Error codes that SQS may report as the sender's fault although they concern the key, the
   * permissions, the rate or the service rather than the message (Amazon SQS API Reference: common
   * error types, and the errors of SendMessage; codes of KMS begin with its name).
   */
  private static final Pattern PASSING =
      Pattern.compile(
          "(?i)(.*[.#])?(Kms.*|RequestThrottled|ThrottlingException|OverLimit"
              + "|AccessDenied(Exception)?|NotAuthorized|OptInRequired|InvalidSecurity"
              + "|InvalidClientTokenId|UnrecognizedClientException|ExpiredToken(Exception)?"
              + "|IncompleteSignature|RequestExpired|RequestAborted(Exception)?"
              + "|RequestTimeout(Exception)?|ServiceUnavailable|InternalFailure|InternalError"
              + "|QueueDoesNotExist|NonExistentQueue)");

  private SqsErrors() {}

  /** Whether SQS refuses this entry for good, so that a retry cannot succeed. */
  public static boolean isForGood(BatchResultErrorEntry entry) {
    return Boolean.TRUE.equals(entry.senderFault())
        && !PASSING.matcher(String.valueOf(entry.code())).matches();
  }

  /** Whether a retry of this call is unlikely to succeed: a 4xx that is not about the rate. */
  static boolean isDenied(Throwable failure) {
    return failure instanceof AwsServiceException service
        && service.statusCode() / 100 == 4
        && !service.isThrottlingException();
  }

  /** The service's error code and HTTP status, or the client's failure. */
  public static String describe(Throwable failure) {
    if (failure instanceof AwsServiceException service) {
      AwsErrorDetails details = service.awsErrorDetails();
      if (details == null) {
        return "SQS answered HTTP " + service.statusCode();
      }
      return details.errorCode() == null
          ? "SQS answered HTTP "
              + service.statusCode()
              + " without an error code of the AWS JSON protocol: either a proxy answered, or this"
              + " SQS speaks only the older query protocol, as LocalStack before 3.0 does; use a"
              + " newer one"
          : "SQS answered " + details.errorCode() + " (HTTP " + service.statusCode() + ")";
    }
    if (failure instanceof ApiCallTimeoutException) {
      return "SQS does not answer";
    }
    if (failure instanceof SdkException) {
      Throwable root = failure;
      while (root.getCause() != null) {
        root = root.getCause();
      }
      return root == failure
          ? "the AWS client: " + failure.getMessage()
          : "SQS cannot be reached ("
              + root.getClass().getSimpleName()
              + ": "
              + root.getMessage()
              + ")";
    }
    return failure.getClass().getSimpleName();
  }
}

package dev.cameleon.sqs;

import java.util.regex.Pattern;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;

/** Failures of SQS in words that hold no message's text. */
public final class SqsErrors {
  /**
   * Error codes that SQS may call the sender's fault, but that are no word about the message: the
   * key, the rights, the rate or the service (Amazon SQS API Reference: common error types, and the
   * errors of SendMessage; codes of KMS begin with its name).
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

  /** Whether an entry of a batch is refused for its own sake, so that no other try can succeed. */
  public static boolean isForGood(BatchResultErrorEntry entry) {
    return Boolean.TRUE.equals(entry.senderFault())
        && !PASSING.matcher(String.valueOf(entry.code())).matches();
  }

  /** The service's error code, or what the client could not do. */
  public static String describe(Throwable failure) {
    if (failure instanceof AwsServiceException service && service.awsErrorDetails() != null) {
      return "SQS answered "
          + service.awsErrorDetails().errorCode()
          + " (HTTP "
          + service.statusCode()
          + ")";
    }
    if (failure instanceof AwsServiceException service) {
      return "SQS answered HTTP " + service.statusCode();
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

package dev.cameleon.settle;

import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/** Failures of SQS in words that hold no message's text. */
public final class SqsFailures {
  private SqsFailures() {}

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

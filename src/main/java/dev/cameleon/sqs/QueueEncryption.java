package dev.cameleon.sqs;

import java.util.Map;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Whether SQS encrypts a queue's messages at rest, according to the queue's attributes. */
public enum QueueEncryption {
  /** Encrypted with a key of AWS KMS (SSE-KMS). */
  KMS,
  /**
   * Encrypted with a key of SQS itself (SSE-SQS), the default of queues created since October 2022.
   */
  SQS,
  /** Messages are not encrypted. */
  NONE,
  /** Unknown: emulators lack these attributes, and some reject their names. */
  UNKNOWN;

  /** Reads the queue's attributes; {@link #UNKNOWN} if SQS does not answer. */
  public static QueueEncryption of(SqsClient sqs, SqsQueue queue) {
    try {
      Map<QueueAttributeName, String> attributes =
          sqs.getQueueAttributes(
                  request ->
                      request
                          .queueUrl(queue.url())
                          .attributeNames(
                              QueueAttributeName.KMS_MASTER_KEY_ID,
                              QueueAttributeName.SQS_MANAGED_SSE_ENABLED))
              .attributes();
      if (!attributes.getOrDefault(QueueAttributeName.KMS_MASTER_KEY_ID, "").isEmpty()) {
        return KMS;
      }
      return switch (attributes.getOrDefault(QueueAttributeName.SQS_MANAGED_SSE_ENABLED, "")) {
        case "true" -> SQS;
        case "false" -> NONE;
        default -> UNKNOWN;
      };
    } catch (SdkException e) {
      return UNKNOWN;
    }
  }

  /** Whether the queue is known to encrypt. */
  public boolean isOn() {
    return this == KMS || this == SQS;
  }

  /** One sentence about this queue's encryption, for an operator. */
  public String inWords(SqsQueue queue) {
    return queue.name()
        + ": "
        + switch (this) {
          case KMS -> "encrypted at rest, with a KMS key";
          case SQS -> "encrypted at rest, with an SQS key";
          case NONE ->
              "not encrypted at rest, and its messages hold personal data; turn"
                  + " encryption on: aws sqs set-queue-attributes --attributes"
                  + " SqsManagedSseEnabled=true --queue-url "
                  + queue.url();
          case UNKNOWN -> "this SQS does not say whether it encrypts at rest";
        };
  }
}

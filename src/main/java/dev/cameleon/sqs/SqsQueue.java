package dev.cameleon.sqs;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * One SQS queue, found by its name or URL.
 *
 * @param name its name, for messages
 * @param url its URL, for calls
 * @param arn its Amazon Resource Name, which is unique; empty if the service does not report it
 * @param visibilitySeconds its visibility timeout
 * @param maxBytes the largest message that it accepts in bytes, attributes included
 */
public record SqsQueue(String name, String url, String arn, int visibilitySeconds, int maxBytes) {
  /** AWS: the largest limit that a queue may have is 1 MiB, since August 2025. */
  private static final int LARGEST_BYTES = 1024 * 1024;

  /**
   * How long an answer about a queue may take, retries included. The SDK's own retries take two
   * minutes, during which an operator would see a silent process.
   */
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(10);

  /** AWS: exactly the names of FIFO queues end in this. */
  public static final String FIFO = ".fifo";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,80}(\\.fifo)?");

  private static final Pattern URL =
      Pattern.compile(
          "https?://([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(:[0-9]{1,5})?(/([A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+)+/?");

  private static final QueueAttributeName[] COUNTS = {
    QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES,
    QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE,
    QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_DELAYED
  };

  /**
   * The number of messages in a queue, as SQS counts them: approximately.
   *
   * @param visible can be received now
   * @param hidden received, but neither deleted nor visible again
   * @param delayed sent with a delay that is not over
   */
  public record Depth(long visible, long hidden, long delayed) {
    /** Whether SQS counts no message of any kind. */
    public boolean isEmpty() {
      return visible + hidden + delayed == 0;
    }

    @Override
    public String toString() {
      return visible + " visible, " + hidden + " hidden, " + delayed + " delayed";
    }
  }

  /**
   * Finds a queue and reads its attributes.
   *
   * @param nameOrUrl a name in the client's region, or a URL
   * @throws software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException if there is none
   * @throws software.amazon.awssdk.core.exception.SdkException if SQS does not answer
   */
  public static SqsQueue find(SqsClient sqs, String nameOrUrl) {
    String url =
        nameOrUrl.contains("://")
            ? nameOrUrl
            : sqs.getQueueUrl(
                    request ->
                        request
                            .queueName(nameOrUrl)
                            .overrideConfiguration(call -> call.apiCallTimeout(ANSWER_TIMEOUT)))
                .queueUrl();
    Map<QueueAttributeName, String> attributes =
        sqs.getQueueAttributes(
                request ->
                    request
                        .queueUrl(url)
                        .attributeNames(
                            QueueAttributeName.QUEUE_ARN,
                            QueueAttributeName.VISIBILITY_TIMEOUT,
                            QueueAttributeName.MAXIMUM_MESSAGE_SIZE)
                        .overrideConfiguration(call -> call.apiCallTimeout(ANSWER_TIMEOUT)))
            .attributes();
    String arn = attributes.getOrDefault(QueueAttributeName.QUEUE_ARN, "");
    return new SqsQueue(
        arn.isEmpty() ? nameIn(url) : arn.substring(arn.lastIndexOf(':') + 1),
        url,
        arn,
        Integer.parseInt(attributes.getOrDefault(QueueAttributeName.VISIBILITY_TIMEOUT, "30")),
        attributes.containsKey(QueueAttributeName.MAXIMUM_MESSAGE_SIZE)
            ? Integer.parseInt(attributes.get(QueueAttributeName.MAXIMUM_MESSAGE_SIZE))
            : LARGEST_BYTES);
  }

  /**
   * Whether a text is a valid queue name (AWS), or a URL of only host and path. This rejects a URL
   * with a password before any message, ours or a library's, can show it.
   */
  public static boolean isNameOrUrl(String text) {
    return NAME.matcher(text).matches() || URL.matcher(text).matches();
  }

  /** The queue's name in a name or URL. */
  public static String nameIn(String nameOrUrl) {
    if (!nameOrUrl.contains("://")) {
      return nameOrUrl;
    }
    String path = URI.create(nameOrUrl).getPath().replaceAll("/+$", "");
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /**
   * Whether both are the same queue, compared by ARN if it is known: a queue has many URLs but one
   * ARN.
   */
  public boolean isSameAs(SqsQueue other) {
    boolean known = !arn.isEmpty() && !other.arn.isEmpty();
    return known ? arn.equals(other.arn) : url.equals(other.url);
  }

  /** Whether it is a FIFO queue: AWS requires their names to end in {@code .fifo}. */
  public boolean isFifo() {
    return name.endsWith(FIFO);
  }

  /** One sentence for an operator whose queue has a visibility timeout of 0. */
  public String withoutTimeout() {
    return name
        + ": its visibility timeout is 0, so SQS delivers every message again while it"
        + " is in flight; set one, for example aws sqs set-queue-attributes --attributes"
        + " VisibilityTimeout=60 --queue-url "
        + url;
  }

  /** Counts the queue's messages. */
  public Depth depth(SqsClient sqs) {
    Map<QueueAttributeName, String> attributes =
        sqs.getQueueAttributes(request -> request.queueUrl(url).attributeNames(COUNTS))
            .attributes();
    return new Depth(
        Long.parseLong(attributes.getOrDefault(COUNTS[0], "0")),
        Long.parseLong(attributes.getOrDefault(COUNTS[1], "0")),
        Long.parseLong(attributes.getOrDefault(COUNTS[2], "0")));
  }
}

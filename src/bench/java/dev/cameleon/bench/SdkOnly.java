package dev.cameleon.bench;

import dev.cameleon.aws.AwsClients;

import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.Message;

/** The limit of any client of the SDK: receive 10, delete 10, nothing in between. */
public final class SdkOnly {
  private SdkOnly() {}

  /** Runs until the process is ended; the argument is the number of threads. */
  public static void main(String[] arguments) throws Exception {
    int threads = Integer.parseInt(arguments[0]);
    SqsClient sqs = AwsClients.sqs(threads);
    String url =
        sqs.getQueueUrl(request -> request.queueName(System.getenv("CAMELEON_QUEUE"))).queueUrl();
    for (int i = 1; i < threads; i++) {
      new Thread(() -> loop(sqs, url)).start();
    }
    loop(sqs, url);
  }

  private static void loop(SqsClient sqs, String url) {
    while (true) {
      List<DeleteMessageBatchRequestEntry> entries = new ArrayList<>();
      for (Message message :
          sqs.receiveMessage(
                  request -> request.queueUrl(url).maxNumberOfMessages(10).waitTimeSeconds(20))
              .messages()) {
        entries.add(
            DeleteMessageBatchRequestEntry.builder()
                .id(Integer.toString(entries.size()))
                .receiptHandle(message.receiptHandle())
                .build());
      }
      if (!entries.isEmpty()) {
        sqs.deleteMessageBatch(request -> request.queueUrl(url).entries(entries));
      }
    }
  }
}

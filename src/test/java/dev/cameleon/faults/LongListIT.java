package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.support.DeadLetterBox;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A flood of dead letters: an operator must be able to list it, whatever its size.
 *
 * <p>ElasticMQ rebuilds its queue to make a dead letter visible; with 100 000, it manages some ten
 * per second. So a proxy answers these calls, and checks that each dead letter is returned once.
 * {@code DlqListTest} really returns queues of some thousands.
 */
class LongListIT {
  private static final int DEAD_LETTERS = System.getProperty("soak") == null ? 5_000 : 100_000;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Receipt handles of AWS have some 400 characters, those of ElasticMQ 73. */
  private static final String MORE_RECEIPT = "A".repeat(330);

  private final Set<String> returned = ConcurrentHashMap.newKeySet();

  @Test
  void aLongListIsReadInASmallHeapAndReturned(@TempDir Path folder) throws Exception {
    Site site = Site.in(folder);
    DeadLetterBox.of(site.queues()).fill(DEAD_LETTERS);
    try (SqsProxy proxy = SqsProxy.start()) {
      proxy.on(SqsProxy.RECEIVE, LongListIT::withLongReceipts);
      proxy.on(SqsProxy.CHANGE_VISIBILITY, this::returnToQueue);
      site.with("AWS_ENDPOINT_URL", proxy.url());

      long beganNanos = System.nanoTime();
      Program.Result result;
      try (Program program =
          Program.startWithHeap("-Xmx128m", site.environment(), folder, "dlq", "list", "--all")) {
        result = program.result(Duration.ofMinutes(5));
      }
      System.out.printf(
          "%d letters listed in %.0f s%n%s%n",
          DEAD_LETTERS, (System.nanoTime() - beganNanos) / 1e9, result.err());

      assertThat(result.exitCode()).as(result.err()).isZero();
      assertThat(result.out()).contains(" " + DEAD_LETTERS + "  CONTRACT       ip ");
      assertThat(result.err()).contains("reading: ", "returning: ").doesNotContain("note:");
      assertThat(returned).hasSize(DEAD_LETTERS);
      assertThat(proxy.calls(SqsProxy.CHANGE_VISIBILITY)).isEqualTo(DEAD_LETTERS / 10);
    }
  }

  private static SqsProxy.Answer withLongReceipts(SqsProxy.Call call)
      throws IOException, InterruptedException {
    SqsProxy.Answer answer = call.forward();
    return SqsProxy.Answer.whole(
        answer.status(),
        answer.body().replaceAll("(\"ReceiptHandle\":\"[^\"]*)", "$1" + MORE_RECEIPT));
  }

  private SqsProxy.Answer returnToQueue(SqsProxy.Call call) throws IOException {
    ObjectNode answer = JSON.createObjectNode();
    for (JsonNode entry : JSON.readTree(call.body()).get("Entries")) {
      assertThat(entry.get("VisibilityTimeout").asInt()).isZero();
      returned.add(entry.get("ReceiptHandle").asText().replace(MORE_RECEIPT, ""));
      answer.withArray("Successful").addObject().put("Id", entry.get("Id").asText());
    }
    return SqsProxy.Answer.whole(200, answer.toString());
  }
}

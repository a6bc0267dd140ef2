package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.crypto.PrivateKeyFile;
import dev.cameleon.crypto.RecipientKey;
import dev.cameleon.crypto.SealedBody;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Events;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import dev.cameleon.support.TestQueues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.model.Message;

/**
 * Malformed messages of every kind, sealed: each can be opened, and none is visible. To repeat a
 * failure, pass the printed seed: {@code -Dseed=…}.
 */
class SealedHostileInputTest {
  private static final int HOSTILE = 2000;

  @TempDir private Path folder;

  private final long seed = Long.getLong("seed", System.nanoTime());

  @Test
  void everyDeadLetterOpensToTheBodyThatWasSentAndShowsNothingOfIt() throws Exception {
    System.out.println("SealedHostileInputTest: -Dseed=" + seed);
    RecipientKey key = PrivateKeyFile.read(Recipients.add(folder, "anna"));
    Site site =
        Site.in(folder)
            .with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString())
            .with("CAMELEON_DEAD_LETTER_BODY", "sealed")
            .with("CAMELEON_DEAD_LETTER_BRAKE", "100");
    HostileMessages hostile = new HostileMessages(seed);
    List<String> bodies =
        new ArrayList<>(IntStream.range(1, HOSTILE).mapToObj(hostile::next).toList());
    // Few seeds produce a message that only PostgreSQL refuses.
    bodies.add(Events.login(1).put("locale", "a\u0000b").toString());
    List<String> ids = site.queues().send(bodies);
    Map<String, String> sent = new HashMap<>();
    IntStream.range(0, HOSTILE).forEach(n -> sent.put(ids.get(n), bodies.get(n)));

    try (Run run = Run.on(site)) {
      Awaitility.await("all settled, -Dseed=" + seed)
          .atMost(java.time.Duration.ofMinutes(2))
          .until(
              () ->
                  run.account().count(Outcome.LOADED) + run.account().count(Outcome.DEAD_LETTERED)
                      == HOSTILE);
      assertThat(run.account().received()).isEqualTo(HOSTILE);
    }

    List<Message> deadLetters = site.queues().takeDeadLetters();
    assertThat(deadLetters).hasSizeGreaterThan(HOSTILE / 2);
    Set<String> reasons = new HashSet<>();
    for (Message deadLetter : deadLetters) {
      String id = TestQueues.attribute(deadLetter, "source-message-id");
      assertThat(SealedBody.open(deadLetter.body(), key))
          .as("-Dseed=%s", seed)
          .isEqualTo(sent.get(id));
      assertThat(HostileMessages.PLANTED)
          .as("-Dseed=%s: %s", seed, SealedBody.preview(deadLetter.body()))
          .noneMatch(planted -> deadLetter.body().contains(planted));
      reasons.add(TestQueues.attribute(deadLetter, "reason"));
    }
    assertThat(reasons).containsExactlyInAnyOrder("NOT_JSON", "CONTRACT", "DATA_REJECTED");
  }
}

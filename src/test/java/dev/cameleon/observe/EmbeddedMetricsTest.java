package dev.cameleon.observe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.cameleon.sqs.Account;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedMetricsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<String> lines = new ArrayList<>();
  private Account account = account(100, 90, 10, 4_000);
  private Optional<SqsQueue.Depth> depth = Optional.empty();

  @TempDir private Path folder;

  @Test
  void countsAreThoseSinceTheLineBefore() throws Exception {
    EmbeddedMetrics metrics =
        new EmbeddedMetrics(
            "login", () -> account, () -> depth, () -> true, () -> 9_000, lines::add);
    account = account(150, 120, 30, 4_000);
    metrics.tick();
    depth = Optional.of(new SqsQueue.Depth(2, 1, 0));
    account = account(150, 150, 0, 0);
    metrics.end();

    JsonNode first = valid(lines.get(0));
    assertThat(first.at("/_aws/Timestamp").asLong()).isEqualTo(9_000);
    assertThat(first.path("pipeline").asText()).isEqualTo("login");
    assertThat(first.path("Received").asDouble()).isEqualTo(50);
    assertThat(first.path("Loaded").asDouble()).isEqualTo(30);
    assertThat(first.path("InFlight").asDouble()).isEqualTo(30);
    assertThat(first.path("OldestMessageAge").asDouble()).isEqualTo(5);
    assertThat(first.path("Ready").asDouble()).isEqualTo(1);
    assertThat(first.has("DeadLetterQueue")).isFalse();
    JsonNode last = valid(lines.get(1));
    assertThat(last.path("Received").asDouble()).isZero();
    assertThat(last.path("Loaded").asDouble()).isEqualTo(30);
    assertThat(last.path("OldestMessageAge").asDouble()).isZero();
    assertThat(last.path("DeadLetterQueue").asDouble()).isEqualTo(3);
    assertThat(last.has("Ready")).isFalse();
  }

  @Test
  void theLinesOfARunAddUpToItsAccount() throws Exception {
    Site site = Site.in(folder).with("CAMELEON_METRICS", "emf");
    site.queues().send(List.of(Events.body(1), Events.body(2), Events.body(3), "broken"));

    Program.Result result = Program.run(site.environment(), folder, "run", "--until-empty");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).isNotEmpty();
    double loaded = 0;
    double dead = 0;
    for (String line : result.out().lines().toList()) {
      JsonNode each = valid(line);
      loaded += each.path("Loaded").asDouble();
      dead += each.path("DeadLettered").asDouble();
    }
    assertThat(loaded).isEqualTo(3);
    assertThat(dead).isEqualTo(1);
  }

  private static Account account(long received, long loaded, long inFlight, long oldest) {
    Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
    for (Outcome outcome : Outcome.values()) {
      outcomes.put(outcome, 0L);
    }
    outcomes.put(Outcome.LOADED, loaded);
    return new Account(received, outcomes, inFlight, oldest);
  }

  /**
   * Validates a line against the specification's schema, and checks that every named metric exists.
   */
  private static JsonNode valid(String line) throws Exception {
    JsonNode node = JSON.readTree(line);
    try (InputStream schema = EmbeddedMetricsTest.class.getResourceAsStream("/emf.schema.json")) {
      Schema rules =
          SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
              .getSchema(JSON.readTree(schema));
      assertThat(rules.validate(node)).isEmpty();
    }
    Set<String> named = new HashSet<>(Set.of("_aws"));
    JsonNode directive = node.at("/_aws/CloudWatchMetrics/0");
    directive.at("/Dimensions/0").forEach(name -> named.add(name.asText()));
    directive.path("Metrics").forEach(metric -> named.add(metric.path("Name").asText()));
    Set<String> members = new HashSet<>();
    node.fieldNames().forEachRemaining(members::add);
    assertThat(members).isEqualTo(named);
    directive
        .at("/Dimensions/0")
        .forEach(name -> assertThat(node.get(name.asText()).isTextual()).isTrue());
    directive
        .path("Metrics")
        .forEach(m -> assertThat(node.get(m.path("Name").asText()).isNumber()).isTrue());
    return node;
  }
}

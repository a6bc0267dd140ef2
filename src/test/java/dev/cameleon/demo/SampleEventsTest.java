package dev.cameleon.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cameleon.contract.Contract;
import dev.cameleon.contract.RejectedException;
import dev.cameleon.contract.StrictJson;
import dev.cameleon.contract.Violation;
import dev.cameleon.demo.SampleEvents.Malformed;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SampleEventsTest {
  private static final int COUNT = 600;
  private static final ObjectMapper MAPPER = StrictJson.strictMapper();
  private static Contract contract;

  @BeforeAll
  static void readTheShippedContract() throws Exception {
    contract = Contract.read(Path.of("routes", "login.schema.json"));
  }

  private static List<JsonNode> logins() throws Exception {
    List<JsonNode> events = new java.util.ArrayList<>();
    for (String body : new SampleEvents(1).logins(COUNT)) {
      events.addAll(contract.check(StrictJson.read(MAPPER, body), Map.of()));
    }
    return events;
  }

  private static Set<String> values(List<JsonNode> events, String field) {
    Set<String> values = new HashSet<>();
    events.forEach(event -> values.add(event.path(field).asText()));
    return values;
  }

  @Test
  @DisplayName("equal seeds give equal events")
  void deterministic() {
    // given
    SampleEvents one = new SampleEvents(7);
    SampleEvents other = new SampleEvents(7);
    // when, then
    assertThat(one.logins(50)).isEqualTo(other.logins(50));
    assertThat(one.malformed()).isEqualTo(other.malformed());
    assertThat(new SampleEvents(8).logins(50)).isNotEqualTo(new SampleEvents(7).logins(50));
  }

  @Test
  @DisplayName("every login keeps the shipped contract and has exactly its fields")
  void valid() throws Exception {
    // when
    List<JsonNode> events = logins();
    // then
    assertThat(events).hasSize(COUNT);
    assertThat(events)
        .allSatisfy(
            event ->
                assertThat(event.fieldNames())
                    .toIterable()
                    .containsExactlyInAnyOrderElementsOf(SampleEvents.FIELDS));
  }

  @Test
  @DisplayName("the logins have the peculiarities of real ones")
  void peculiarities() throws Exception {
    // when
    List<JsonNode> events = logins();
    // then
    assertThat(events.stream().filter(event -> event.path("locale").isNull()).count())
        .as("null in about a third")
        .isBetween(COUNT / 4L, COUNT * 5 / 12L);
    assertThat(values(events, "device_id")).as("repeated devices").hasSizeLessThan(COUNT / 2);
    assertThat(values(events, "app_version")).contains("0.96", "2.00", "2.3.0");
    assertThat(values(events, "ip"))
        .as("reserved, IPv6 and mapped addresses")
        .contains("127.0.0.1", "0.0.0.0", "::1", "::ffff:203.0.113.77", "::FFFF:cb00:714d")
        .anyMatch(ip -> ip.startsWith("2001:db8:"))
        .hasSizeLessThan(COUNT / 2);
  }

  @Test
  @DisplayName("one user comes from one address in every spelling")
  void traveller() throws Exception {
    // when
    List<JsonNode> events =
        logins().stream()
            .filter(event -> event.path("user_id").asText().equals(SampleEvents.TRAVELLER))
            .toList();
    // then
    assertThat(values(events, "ip")).hasSize(SampleEvents.SPELLINGS);
    assertThat(events).hasSize(SampleEvents.SPELLINGS);
  }

  static Stream<Malformed> malformed() {
    return new SampleEvents(1).malformed().stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malformed")
  @DisplayName("each fault is found at the step that its reason names")
  void faults(Malformed sample) throws Exception {
    // when
    Violation found;
    try {
      contract.check(StrictJson.read(MAPPER, sample.body()), Map.of());
      found = Violation.DATA_REJECTED; // nobody but the database is left to refuse it
    } catch (RejectedException e) {
      found = e.reason();
    }
    // then
    assertThat(found).isEqualTo(sample.reason());
  }

  @Test
  @DisplayName("there is a malformed message for every reason, and no two are alike")
  void everyReason() {
    assertThat(malformed().map(Malformed::reason)).contains(Violation.values());
    assertThat(malformed().map(Malformed::body)).doesNotHaveDuplicates().hasSizeGreaterThan(6);
  }
}

package dev.cameleon.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The alert rules and docs/RUNBOOK.md belong together; promtool tests the rules themselves. */
class RunbookTest {
  private static final Path OBSERVE = Path.of("deploy/observe");
  private static final Path RUNBOOK = Path.of("docs/RUNBOOK.md");

  @TempDir private Path folder;

  @Test
  void eachAlertHasItsEntryAndItsTestAndEachEntryItsAlert() throws IOException {
    List<String> alerts = new ArrayList<>();
    for (Map<?, ?> rule : rules(Files.readString(OBSERVE.resolve("alerts.yaml")))) {
      if (rule.get("alert") instanceof String alert) {
        Map<?, ?> annotations = (Map<?, ?>) rule.get("annotations");
        assertThat(annotations.get("runbook_url"))
            .isEqualTo(RUNBOOK + "#" + alert.toLowerCase(Locale.ROOT));
        assertThat(annotations.get("summary")).as(alert).isNotNull();
        assertThat(((Map<?, ?>) rule.get("labels")).get("severity")).isIn("critical", "warning");
        alerts.add(alert);
      }
    }
    assertThat(matches("### (Cameleon\\w+)\n\n\\*", Files.readString(RUNBOOK)))
        .containsExactlyInAnyOrderElementsOf(alerts);
    String tests = Files.readString(OBSERVE.resolve("alerts.test.yaml"));
    assertThat(new TreeSet<>(matches("alertname=\"(\\w+)\"", tests)))
        .containsExactlyInAnyOrderElementsOf(alerts);
  }

  @Test
  void theResourceOfTheOperatorHasTheSameRules() throws IOException {
    Map<?, ?> resource =
        (Map<?, ?>) yaml(Files.readString(OBSERVE.resolve("prometheus-rule.yaml")));

    assertThat(resource.get("spec"))
        .as("run deploy/observe/prometheus-rule.sh")
        .isEqualTo(yaml(Files.readString(OBSERVE.resolve("alerts.yaml"))));
  }

  @Test
  void theCommandsOfTheRunbookExist() throws IOException {
    List<String> commands =
        matches("(?m)^java -jar cameleon.jar ([^#\n]+)", Files.readString(RUNBOOK));

    assertThat(commands).hasSizeGreaterThan(5);
    for (String command : commands) {
      String[] words = (command.trim() + " --help").split(" +");
      assertThat(Commands.run(Map.of(), folder, words).exitCode()).as(command).isZero();
    }
  }

  private static Object yaml(String text) {
    return new Load(LoadSettings.builder().build()).loadFromString(text);
  }

  private static List<Map<?, ?>> rules(String text) {
    List<Map<?, ?>> rules = new ArrayList<>();
    for (Object group : (List<?>) ((Map<?, ?>) yaml(text)).get("groups")) {
      for (Object rule : (List<?>) ((Map<?, ?>) group).get("rules")) {
        rules.add((Map<?, ?>) rule);
      }
    }
    return rules;
  }

  private static List<String> matches(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().map(match -> match.group(1)).toList();
  }
}

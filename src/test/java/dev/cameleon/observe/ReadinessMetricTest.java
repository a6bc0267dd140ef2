package dev.cameleon.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ReadinessMetricTest {
  private final Health health = new Health();

  @Test
  void eachCheckIsThereFromTheStartAndFollowsTheHealth() {
    try (Metrics metrics = new Metrics()) {
      metrics.readiness(health);
      assertThat(ready(metrics, "START")).isEqualTo("0.0");
      assertThat(ready(metrics, "DATABASE")).isEqualTo("1.0");

      health.waiting("DATABASE", "does not answer");
      assertThat(ready(metrics, "START")).isEqualTo("1.0");
      assertThat(ready(metrics, "DATABASE")).isEqualTo("0.0");

      health.report(Map::of, Map::of);
      assertThat(metrics.scrape().lines().filter(line -> line.startsWith("cameleon_ready{")))
          .hasSize(Health.CHECKS.size())
          .allMatch(line -> line.endsWith(" 1.0"));
    }
  }

  @Test
  void aCheckThatTheListDoesNotNameIsExportedWhileItIsDown() {
    try (Metrics metrics = new Metrics()) {
      metrics.readiness(health);
      health.report(() -> Map.of("MOON", "full"), Map::of);

      assertThat(ready(metrics, "MOON")).isEqualTo("0.0");
      assertThat(metrics.scrape()).doesNotContain("full");
    }
  }

  private static String ready(Metrics metrics, String check) {
    String sample = "cameleon_ready{check=\"" + check + "\"} ";
    return metrics
        .scrape()
        .lines()
        .filter(line -> line.startsWith(sample))
        .map(line -> line.substring(sample.length()))
        .findFirst()
        .orElse("none");
  }
}

package dev.cameleon.observe;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import org.junit.jupiter.api.Test;

class LogLayoutTest {
  private final LoggerContext context = new LoggerContext();

  @Test
  void theMessageOfAnExceptionIsNeverShown() {
    Exception failure =
        new IllegalStateException("value 203.0.113.77", new RuntimeException("203.0.113.77"));
    LoggingEvent library = event("org.example.Lib", "caused by " + failure.getMessage(), failure);
    LoggingEvent ours = event("dev.cameleon.app.Application", "A task failed.", failure);

    for (boolean json : new boolean[] {false, true}) {
      assertThat(new LogLayout(json).doLayout(library))
          .doesNotContain("203.0.113.77")
          .contains("IllegalStateException")
          .contains("LogLayoutTest");
      assertThat(new LogLayout(json).doLayout(ours))
          .doesNotContain("203.0.113.77")
          .contains("A task failed.");
    }
  }

  @Test
  void jsonIsOneObjectPerLine() throws Exception {
    String line = new LogLayout(true).doLayout(event("dev.cameleon.X", "said \"so\"\nbye", null));

    assertThat(line).endsWith("}\n");
    assertThat(line.strip()).doesNotContain("\n");
    JsonNode parsed = JsonMapper.builder().build().readTree(line);
    assertThat(parsed.get("message").textValue()).isEqualTo("said \"so\"\nbye");
    assertThat(parsed.get("level").textValue()).isEqualTo("INFO");
  }

  private LoggingEvent event(String logger, String message, Throwable failure) {
    return new LoggingEvent("", context.getLogger(logger), Level.INFO, message, failure, null);
  }
}

package dev.cameleon.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cameleon.errors.InvalidSettingsException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  static final Set<String> PROPERTIES = Settings.DEFAULTS.keySet();

  @TempDir private Path folder;

  @Test
  void theShippedPropertiesAreTheDefaults() throws Exception {
    Properties shipped = new Properties();
    try (Reader reader = Files.newBufferedReader(Path.of("application.properties"))) {
      shipped.load(reader);
    }

    assertThat(new HashMap<Object, Object>(shipped))
        .isEqualTo(new HashMap<Object, Object>(Settings.DEFAULTS));
  }

  @Test
  void theReferenceNamesEveryVariableWithItsPropertyAndDefault() throws Exception {
    String reference = Files.readString(Path.of("docs/REFERENCE.md"));

    Settings.DEFAULTS.forEach(
        (property, value) ->
            assertThat(reference)
                .contains(
                    "\n| `%s` | `%s` | %s| "
                        .formatted(
                            Settings.variable(property),
                            property,
                            value.isEmpty() ? "" : "`" + value + "` ")));
  }

  @ParameterizedTest
  @FieldSource("PROPERTIES")
  void everyPropertyHasACommentAboveItInTheShippedFile(String property) throws Exception {
    List<String> lines = Files.readAllLines(Path.of("application.properties"));
    int line = lines.indexOf(property + "=" + Settings.DEFAULTS.get(property));

    while (lines.get(line).startsWith("cameleon.")) { // one comment may be for a few lines
      line--;
    }

    assertThat(lines.get(line)).startsWith("# ").doesNotContain("----");
  }

  @ParameterizedTest
  @FieldSource("PROPERTIES")
  void everyPropertyIsRead(String property) throws Exception {
    StringBuilder sources = new StringBuilder();
    try (Stream<Path> files = Files.list(Path.of("src/main/java/dev/cameleon/config"))) {
      for (Path file : files.toList()) {
        sources.append(Files.readString(file));
      }
    }

    assertThat(sources.toString()).contains('"' + property + '"');
  }

  /** The reference repeats the bounds and words of the message for an invalid value. */
  @ParameterizedTest
  @FieldSource("PROPERTIES")
  void theReferenceGivesTheBoundsAndWordsThatTheParserRequires(String property) throws Exception {
    Map<String, String> environment = file("");
    environment.put(Settings.variable(property), "?");
    String row =
        Files.readString(Path.of("docs/REFERENCE.md"))
            .lines()
            .filter(line -> line.startsWith("| `" + Settings.variable(property) + "` "))
            .collect(Collectors.joining());
    String problems = String.join("\n", problemsIfAny(environment));

    Matcher bounds = Pattern.compile("from (\\S+) to (\\S+),").matcher(problems);
    if (bounds.find()) {
      Matcher said = Pattern.compile("\\((\\w+)–(\\w+)\\)").matcher(row);
      assertThat(said.find()).as("(least–most) in " + row).isTrue();
      assertThat(quantity(said.group(1))).isEqualTo(quantity(bounds.group(1)));
      assertThat(quantity(said.group(2))).isEqualTo(quantity(bounds.group(2)));
    }
    Matcher words = Pattern.compile("must be one of \\[(.*)]").matcher(problems);
    if (words.find() && !words.group(1).equals("false, true")) {
      for (String word : words.group(1).split(", ", -1)) {
        assertThat(row).contains("`" + word + "`");
      }
    }
  }

  private static Object quantity(String text) {
    return text.matches("\\d+") ? text : ValueParser.duration(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"200", "1h30m", "-1s", "1 s", "10x", "", "soon", "1234567s", "PT1S"})
  void anInvalidDurationIsRefusedEvenIfCamelWouldAcceptIt(String text) {
    assertThatThrownBy(() -> ValueParser.duration(text))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theEnvironmentOverridesTheFile() throws Exception {
    Map<String, String> environment = file("cameleon.pollers=3\ncameleon.batch.wait=50ms\n");
    environment.put("CAMELEON_POLLERS", "5");

    Settings settings = Settings.read(environment);

    assertThat(settings.load().pollers()).isEqualTo(5);
    assertThat(settings.load().batchWait()).isEqualTo(Duration.ofMillis(50));
  }

  @Test
  void everyProblemIsReportedAtOnceWithItsPropertyVariableAndAnExample() throws Exception {
    Map<String, String> environment =
        file("cameleon.pollers=many\ncameleon.batch.wait=200\ncameleon.migrate=ja\n");
    environment.put("CAMELEON_ROUTES", "nowhere");
    environment.put("CAMELEON_DB_URL", "mysql://x");

    List<String> problems = problems(environment);

    assertThat(problems)
        .hasSize(5)
        .anyMatch(each -> each.contains("CAMELEON_ROUTES") && each.contains("init DIR"))
        .anyMatch(
            each ->
                each.contains("CAMELEON_DB_URL") && each.contains("for example jdbc:postgresql"))
        .anyMatch(each -> each.contains("CAMELEON_POLLERS") && each.contains("for example 96"))
        .anyMatch(
            each -> each.contains("CAMELEON_BATCH_WAIT") && each.contains("for example 200ms"))
        .anyMatch(each -> each.contains("CAMELEON_MIGRATE") && each.contains("[false, true]"));
  }

  @Test
  void anUnknownPropertyIsRefusedWithTheNearestKnownOne() throws Exception {
    assertThat(problems(file("cameleon.poler=3\n")))
        .containsExactly(
            "cameleon.poler is not a Cameleon property; did you mean cameleon.pollers?");
  }

  @Test
  void aUrlWithCredentialsIsRefusedWithoutShowingThem() throws Exception {
    Map<String, String> environment = file("");
    environment.put("CAMELEON_DB_URL", "jdbc:postgresql://app:hunter2@db.example/app");

    assertThat(problems(environment))
        .singleElement()
        .asString()
        .contains("CAMELEON_DB_USER")
        .doesNotContain("hunter2");
  }

  @Test
  void aMisspeltVariableIsRefusedAndWhatKubernetesSetsIsNot() throws Exception {
    Map<String, String> environment = file("");
    environment.put("CAMELEON_POLERS", "3");
    environment.put("CAMELEON_PORT", "tcp://10.0.0.1:9876");
    environment.put("CAMELEON_SERVICE_HOST", "10.0.0.1");
    environment.put("CAMELEON_SERVICE_PORT_HTTP", "9876");
    environment.put("CAMELEON_METRICS_PORT_9876_TCP_ADDR", "10.0.0.1");

    assertThat(problems(environment))
        .containsExactly(
            "CAMELEON_POLERS is not a Cameleon variable; did you mean CAMELEON_POLLERS?");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "jdbc:postgresql://localhost/app, true",
    "jdbc:postgresql://127.0.0.1:5433/app, true",
    "jdbc:postgresql://[::1]/app, true",
    "jdbc:postgresql:app, true",
    "jdbc:postgresql://db.example.org/app, false",
    "jdbc:postgresql://10.1.2.3/app, false",
    "'jdbc:postgresql://localhost:5432,127.0.0.1:5433/app', true",
    "'jdbc:postgresql://db.example.org,localhost/app', false",
    "'jdbc:postgresql://localhost,db.example.org/app', false"
  })
  void theDefaultPasswordIsForThisMachineOnly(String url, boolean accepted) throws Exception {
    Map<String, String> environment = file("");
    environment.put("CAMELEON_DB_URL", url);

    if (accepted) {
      assertThat(Settings.read(environment).database().loader().user()).isEqualTo("postgres");
    } else {
      assertThat(problems(environment))
          .singleElement()
          .asString()
          .contains("CAMELEON_DB_USER")
          .contains("not on this machine");
    }
  }

  @Test
  void theOwnerIsTheLoaderUnlessItIsNamed() throws Exception {
    Map<String, String> environment = file("");
    environment.put("CAMELEON_DB_USER", "loader");
    environment.put("CAMELEON_DB_PASSWORD", "hunter2");

    assertThat(Settings.read(environment).database().owner().user()).isEqualTo("loader");
    environment.put("CAMELEON_DB_OWNER_USER", "owner");
    assertThat(Settings.read(environment).database().owner().user()).isEqualTo("owner");
    environment.put("CAMELEON_KEYSET_JSON", "{hunter2}");
    Settings settings = Settings.read(environment);
    assertThat(settings + " " + settings.database() + settings.keyset() + settings.privacy())
        .doesNotContain("hunter2");
    String parser = Settings.read(environment, ValueParser::toString);
    assertThat(parser).contains("properties").doesNotContain("hunter2");
  }

  @Test
  void aNamedFileThatIsMissingIsAProblem() {
    assertThat(problems(Map.of("CAMELEON_CONFIG", "none.properties")))
        .anyMatch(each -> each.contains("none.properties") && each.contains("CAMELEON_CONFIG"));
  }

  private static List<String> problemsIfAny(Map<String, String> environment) {
    try {
      Settings.read(environment);
      return List.of();
    } catch (InvalidSettingsException e) {
      return e.problems();
    }
  }

  private Map<String, String> file(String text) throws Exception {
    Path file = folder.resolve("application.properties");
    Files.writeString(file, text);
    return new HashMap<>(Map.of("CAMELEON_CONFIG", file.toString()));
  }

  private static List<String> problems(Map<String, String> environment) {
    return catchThrowableOfType(InvalidSettingsException.class, () -> Settings.read(environment))
        .problems();
  }
}

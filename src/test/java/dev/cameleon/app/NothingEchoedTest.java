package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.cli.Cli;
import dev.cameleon.cli.CommandLines;
import dev.cameleon.config.Settings;
import dev.cameleon.support.Commands;
import dev.cameleon.support.Planted;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Shared;
import dev.cameleon.support.Site;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Secrets and personal values in the wrong place: no message repeats them. */
class NothingEchoedTest {
  @TempDir private Path folder;

  @BeforeAll
  static void credentials() {
    Shared.sqs(); // else the SDK would ask the network for them, slowly
  }

  @Test
  void noPropertyIsRepeated() {
    for (String property : Settings.DEFAULTS.keySet()) {
      for (String value : Planted.values()) {
        Map<String, String> environment = new HashMap<>();
        environment.put("CAMELEON_DB_USER", "loader");
        environment.put("CAMELEON_KEYSET", "none.json");
        environment.put(Settings.variable(property), value);

        Planted.assertNoneIn(said(environment), property + " = " + value.charAt(0) + "…");
      }
    }
  }

  @Test
  void noLineOfAPropertiesFileIsRepeated() throws Exception {
    for (String value : Planted.values()) {
      String lines = value.replace(",", ",\n").replace("{", "{\n");
      for (String before : List.of("", "cameleon.keyset.json=", "cameleon.db.url=")) {
        Path file = folder.resolve("application.properties");
        Files.writeString(file, before + lines + "\n");

        Planted.assertNoneIn(said(Map.of("CAMELEON_CONFIG", file.toString())), before);
      }
      Planted.assertNoneIn(said(Map.of("CAMELEON_CONFIG", value)), "CAMELEON_CONFIG");
    }
  }

  @Test
  void aKeysetInTheWrongVariableIsReportedWithTheRightOne() {
    Map<String, String> json = Map.of("CAMELEON_KEYSET", Planted.keyset());
    Map<String, String> reference = Map.of("CAMELEON_KEYSET", "{{aws:prod/mask}}");
    Map<String, String> path = Map.of("CAMELEON_KEYSET_JSON", "keys/mask.json");

    assertThat(said(json)).contains("CAMELEON_KEYSET", "into CAMELEON_KEYSET_JSON");
    assertThat(said(reference)).contains("into CAMELEON_KEYSET_JSON");
    assertThat(said(path)).contains("put a file's name into CAMELEON_KEYSET");
  }

  /** The message without the value is still useful. */
  @Test
  void aMessageStillNamesTheProblemAndTheRemedy() {
    for (String parameter : List.of(";", "?", "?ssl=true&")) {
      assertThat(
              said(
                  Map.of("CAMELEON_DB_URL", "jdbc:postgresql://db/app" + parameter + "password=x")))
          .contains("cameleon.db.url (CAMELEON_DB_URL)", "CAMELEON_DB_PASSWORD");
    }
    assertThat(said(Map.of("CAMELEON_QUEUE", "https://a:hunter2@sqs.example/1/q")))
        .contains("cameleon.queue (CAMELEON_QUEUE)", "for example https://sqs.");
    assertThat(said(Map.of("CAMELEON_KEYSET", "keys/none.json"))).contains("keys/none.json");
  }

  @Test
  void noOptionOrArgumentIsRepeated() throws Exception {
    Path out = folder.resolve("lines.txt");
    ProcessBuilder builder =
        new ProcessBuilder(
            Program.java(
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                CommandLines.class.getName()));
    builder.environment().clear();
    builder
        .environment()
        .putAll(
            Map.of(
                "CAMELEON_DB_URL", "jdbc:postgresql://localhost:1/none",
                "AWS_ENDPOINT_URL", "http://localhost:1",
                "AWS_MAX_ATTEMPTS", "1",
                "AWS_REGION", "eu-central-1",
                "AWS_ACCESS_KEY_ID", "x",
                "AWS_SECRET_ACCESS_KEY", "x"));
    Process process =
        builder
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .redirectInput(Files.createFile(folder.resolve("empty.txt")).toFile())
            .start();
    try {
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }

    String said = Files.readString(out);
    assertThat(said.lines().filter(line -> line.startsWith("## cases: ")).toList()).hasSize(1);
    for (String one : said.split("## ", -1)) {
      Planted.assertNoneIn(one, one.lines().findFirst().orElse(""));
    }
  }

  /** The file is read only if the key is encrypted. */
  @Test
  void aPassphraseInThePlaceOfItsFileIsNotRepeated() throws Exception {
    String der =
        Files.readAllLines(Path.of("src/test/resources/vectors/encrypted_keys.csv"))
            .get(1)
            .replaceAll(".*,", "");
    Path key = folder.resolve("k.pem");
    Files.writeString(key, Recipients.pem("ENCRYPTED PRIVATE KEY", HexFormat.of().parseHex(der)));
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));

    for (String passphrase : List.of("hunter2!", "203.0.113.77", "x/hunter2 and more")) {
      String said =
          refused("reveal", "--purpose=x", "--private-key=" + key, "--passphrase-file", passphrase);

      assertThat(said).contains("the passphrase file (not shown: ", "NoSuchFileException");
      Planted.assertNoneIn(said, "--passphrase-file");
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "dlq list --limit 203.0.113.77 | Invalid value for --limit: it must be a whole number",
        "dlq list --reason 203.0.113.77 | Invalid value for --reason: it must be one of NOT_JSON",
        "dlq list --since 203.0.113.77 | Invalid value for --since: it must be a time such"
            + " as 2026-11",
        "run --timeout 203.0.113.77 | Invalid value for --timeout: it must be a"
            + " duration, for example 90s or 15m",
        "check --json=203.0.113.77 | Invalid value for --json: it takes no value",
        "keys create --out --out 203.0.113.77 | Missing, or given without a value: --out",
        "keys create | Missing, or given without a value: --out",
        "help 203.0.113.77 | Unknown command",
        "dlq | name a subcommand: dlq list",
      })
  void aWrongValueIsReportedByItsOption(String arguments, String message) {
    assertThat(refused(arguments.split(" ", -1))).contains(message).doesNotContain("203.0");
  }

  @Test
  void anArgumentWithAnAtSignReadsNoFile() throws Exception {
    Path file = Files.writeString(folder.resolve("key.pem"), "--json=203.0.113.77");

    assertThat(refused("check", "@" + file)).contains("Unmatched argument at position 1");
  }

  /** The output before the environment is read. */
  private static String refused(String... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    assertThat(Cli.run(Map.of(), InputStream.nullInputStream(), err, err, arguments)).isEqualTo(2);
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** The attacks as they were reported, and the libraries' messages about their own settings. */
  @Test
  void theProcessRepeatsNothing() throws Exception {
    Site site = Site.in(folder);
    Map<String, String> keyset = new HashMap<>(site.environment());
    keyset.put("CAMELEON_KEYSET", Planted.keyset());
    keyset.put("CAMELEON_RECIPIENTS", Planted.pem());
    keyset.put("CAMELEON_LOG", Planted.pem());
    Map<String, String> camel = new HashMap<>(site.environment());
    Path file = folder.resolve("application.properties");
    Files.writeString(
        file, "camel.main.shutdownTimeout=hunter2\ncamel.component.jdbc.nope=203.0.113.77\n");
    camel.put("CAMELEON_CONFIG", file.toString());
    Map<String, String> endpoint = new HashMap<>(site.environment());
    endpoint.put("AWS_ENDPOINT_URL", "http://app:hunter2@localhost:1");

    Program.Result list = Commands.run(keyset, folder, "keys", "list");
    Program.Result wrong = Commands.run(camel, folder, "check");
    Program.Result away = Commands.run(endpoint, folder, "check");

    assertThat(list.err()).contains("CAMELEON_KEYSET_JSON");
    assertThat(wrong.err() + wrong.out()).contains("the value of camel.main.shutdownTimeout");
    assertThat(away.exitCode()).isEqualTo(1);
    for (Program.Result result : List.of(list, wrong, away)) {
      Planted.assertNoneIn(result.out() + result.err(), "the process");
    }
  }

  /** All messages of a command about these settings, including the driver's own logger. */
  private static String said(Map<String, String> environment) {
    StringBuilder said = new StringBuilder();
    Logger logger = Logger.getLogger("org.postgresql");
    Handler driver = new Collector(said);
    logger.addHandler(driver);
    try {
      Settings settings = Settings.read(environment);
      said.append(settings).append(settings.keyset()).append(settings.database().owner());
      Configuration.read(settings);
    } catch (Exception e) {
      said.append(e);
    }
    List<Reader> readers =
        List.of(
            CommandConfiguration::database,
            CommandConfiguration::keyset,
            all -> CommandConfiguration.dlq(all).queues());
    for (Reader reader : readers) {
      try {
        said.append(reader.read(environment));
      } catch (Exception e) {
        said.append(e);
      }
    }
    logger.removeHandler(driver);
    return said.toString();
  }

  private interface Reader {
    Object read(Map<String, String> environment) throws Exception;
  }

  private static final class Collector extends Handler {
    private final StringBuilder all;

    Collector(StringBuilder all) {
      this.all = all;
    }

    @Override
    public void publish(LogRecord event) {
      all.append(new SimpleFormatter().format(event));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}

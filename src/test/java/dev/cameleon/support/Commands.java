package dev.cameleon.support;

import dev.cameleon.cli.Cli;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs commands within the test's process, like {@link Program} but without the log, signals and a
 * working folder. File names are resolved in the folder, and shown as given.
 */
public final class Commands {
  /** A relative file name with a suffix, alone or as the value of an option; no table's name. */
  private static final Pattern FILE =
      Pattern.compile("(--[a-z-]+=)?(?!public\\.)(\\w[\\w./-]*\\.[a-z]\\w*)");

  /**
   * The system properties that replace the SDK's environment variables, which a process cannot
   * change for itself.
   */
  private static final Map<String, String> PROPERTIES =
      Map.of(
          "AWS_REGION", "aws.region",
          "AWS_ACCESS_KEY_ID", "aws.accessKeyId",
          "AWS_SECRET_ACCESS_KEY", "aws.secretAccessKey",
          "AWS_ENDPOINT_URL", "aws.endpointUrl",
          "AWS_ENDPOINT_URL_SQS", "aws.endpointUrlSqs",
          "AWS_ENDPOINT_URL_KMS", "aws.endpointUrlKms",
          "AWS_ENDPOINT_URL_SECRETS_MANAGER", "aws.endpointUrlSecretsManager",
          "AWS_MAX_ATTEMPTS", "aws.maxAttempts",
          "AWS_EC2_METADATA_DISABLED", "aws.disableEc2Metadata");

  private Commands() {}

  /** Runs a command. */
  public static Program.Result run(
      Map<String, String> environment, Path folder, String... arguments) throws IOException {
    return runWithInput("", environment, folder, arguments);
  }

  /** Runs a command with this on standard input. */
  public static Program.Result runWithInput(
      String input, Map<String, String> environment, Path folder, String... arguments)
      throws IOException {
    Map<String, String> all = new HashMap<>(environment);
    all.putIfAbsent("LC_ALL", "C");
    if (!all.containsKey("CAMELEON_CONFIG")) {
      Path file = folder.resolve("application.properties");
      all.put(
          "CAMELEON_CONFIG",
          (Files.exists(file) ? file : Files.createTempFile(folder, "empty", ".properties"))
              .toString());
    }
    String[] absolute = new String[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      absolute[i] = absolute(arguments[i], folder);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Map<String, String> before = configureSdk(environment);
    int exitCode;
    try (PrintStream printOut = new PrintStream(out, true, StandardCharsets.UTF_8);
        PrintStream printErr = new PrintStream(err, true, StandardCharsets.UTF_8)) {
      exitCode =
          Cli.run(
              all,
              new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
              printOut,
              printErr,
              absolute);
    } finally {
      PROPERTIES.values().forEach(property -> set(property, before.get(property)));
    }
    return new Program.Result(exitCode, shown(out, folder), shown(err, folder));
  }

  /** Returns the properties that were set before. */
  private static Map<String, String> configureSdk(Map<String, String> environment) {
    Map<String, String> before = new HashMap<>();
    PROPERTIES.forEach(
        (variable, property) -> {
          before.put(property, System.getProperty(property));
          set(property, environment.get(variable));
        });
    return before;
  }

  private static void set(String property, String value) {
    if (value == null) {
      System.clearProperty(property);
    } else {
      System.setProperty(property, value);
    }
  }

  private static String absolute(String argument, Path folder) {
    Matcher file = FILE.matcher(argument);
    if (!file.matches()) {
      return argument;
    }
    String option = file.group(1) == null ? "" : file.group(1);
    return option + folder.resolve(file.group(2));
  }

  private static String shown(ByteArrayOutputStream bytes, Path folder) {
    return bytes.toString(StandardCharsets.UTF_8).replace(folder + "/", "");
  }
}

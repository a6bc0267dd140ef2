package dev.cameleon.demo;

import dev.cameleon.config.Settings;
import dev.cameleon.db.LoadedTable;
import dev.cameleon.support.Program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code mvn -q -Pdemo -Dexample=NAME}: one folder of {@code examples/} on local servers, as its
 * README says.
 */
final class Example {
  private static final Path EXAMPLES = Path.of("examples").toAbsolutePath();
  private static final int ROWS_SHOWN = 4;
  private static final int CELL = 40;

  private final String name;
  private final Path folder;
  private final Screen screen;

  private Example(String name, Screen screen) {
    this.name = name;
    this.folder = EXAMPLES.resolve(name);
    this.screen = screen;
  }

  /**
   * Runs one example.
   *
   * @return whether it succeeded
   * @throws IllegalArgumentException naming all examples, if there is none of this name
   */
  static boolean run(String name, Screen screen, CleanUp cleanUp) throws Exception {
    List<String> names = names();
    if (!names.contains(name)) {
      throw new IllegalArgumentException(
          "there is no example of this name; -Dexample= takes " + String.join(", ", names));
    }
    return new Example(name, screen).run(cleanUp);
  }

  private static List<String> names() throws IOException {
    try (Stream<Path> folders = Files.list(EXAMPLES)) {
      return folders.filter(Files::isDirectory).map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  private boolean run(CleanUp cleanUp) throws Exception {
    screen.lines(List.of("", "Cameleon: examples/" + name + ", all on this machine", ""));
    Settings settings =
        Settings.read(
            Map.of(
                Settings.CONFIG, folder.resolve("application.properties").toString(),
                "CAMELEON_ROUTES", folder.resolve("routes").toString()));
    LocalSite site =
        screen.step(
            "start a local SQS (ElasticMQ) and a real PostgreSQL",
            () -> LocalSite.start(cleanUp, folder, settings.queues().source()));
    screen.step("create the tables of schema.sql; migrate", () -> migrate(site));
    Program.Result tested = screen.step("test", () -> command(site, "test"));
    List<String> messages = Files.readAllLines(folder.resolve("messages.jsonl"));
    screen.step("send the " + messages.size() + " messages", () -> site.queues().send(messages));
    Program.Result run =
        screen.step("run --until-empty", () -> command(site, "run", "--until-empty"));
    String token = site.database().query("SELECT min(token) FROM cameleon.vault").get(0).get(0);
    String key = site.privateKey().toString();
    Program.Result revealed =
        screen.step(
            "reveal one value, with the private key",
            () -> command(site, "reveal", "--private-key", key, "--purpose", "demo", token));

    screen.lines(List.of("", "test:", indented(tested.out().replace(folder + "/", "")), "", "Where the messages went:"));
    screen.lines(List.of(indented(run.err().lines().filter(l -> l.contains("Ended:"))
            .map(l -> l.substring(l.indexOf("received"))).collect(Collectors.joining("\n")))));
    for (LoadedTable table : settings.tables()) {
      screen.lines(table(site, table.table().toString()));
    }
    screen.lines(
        List.of(
            "",
            "Dead letters (dlq list):",
            indented(command(site, "dlq", "list").out()),
            "",
            "Revealed, on record:",
            indented(revealed.out()),
            "",
            "As it should be. More in examples/" + name + "/README.md."));
    return site.queues().deadLetters() > 0 && revealed.out().contains(token);
  }

  private Program.Result migrate(LocalSite site) throws Exception {
    site.createTables(Files.readString(folder.resolve("schema.sql")));
    return command(site, "migrate");
  }

  private static Program.Result command(LocalSite site, String... arguments) throws Exception {
    Program.Result result = site.run(arguments).result();
    if (result.exitCode() != 0) {
      throw new IllegalStateException(
          arguments[0] + " ended with " + result.exitCode() + ":\n" + result.out() + result.err());
    }
    return result;
  }

  /** The first rows of a table, in columns. */
  private static List<String> table(LocalSite site, String table) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        site.database().query(
                "SELECT attname::text FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
                    + " AND attrelid = '" + table + "'::regclass ORDER BY attnum")
            .stream().map(row -> row.get(0)).toList());
    rows.addAll(site.database().query("SELECT * FROM " + table + " LIMIT " + ROWS_SHOWN));
    long all = site.database().number("SELECT count(*) FROM " + table);
    List<String> lines = new ArrayList<>(List.of("", table + ", " + all + " rows:"));
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder("  ");
      for (int column = 0; column < row.size(); column++) {
        int at = column;
        int width = rows.stream().mapToInt(each -> cell(each.get(at)).length()).max().orElse(0);
        line.append(String.format("%-" + (width + 2) + "s", cell(row.get(column))));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  private static String cell(String value) {
    String text = value == null ? "-" : value;
    return text.length() <= CELL ? text : text.substring(0, CELL - 1) + "…";
  }

  private static String indented(String text) {
    return text.lines().map(line -> "  " + line).collect(Collectors.joining("\n"));
  }
}

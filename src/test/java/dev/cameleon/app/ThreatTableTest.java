package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each row of the threat model in docs/PRIVACY.md names the tests that prove it. */
class ThreatTableTest {
  private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|IT))`");

  @Test
  void eachRowNamesTestsThatExist() throws Exception {
    String document = Files.readString(Path.of("docs/PRIVACY.md"));
    String section = document.split("\n## The threat model\n", 2)[1].split("\n## ", 2)[0];
    List<String> rows = section.lines().filter(line -> line.startsWith("| **")).toList();
    Set<String> tests;
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      tests =
          files
              .map(file -> file.getFileName().toString().replace(".java", ""))
              .collect(Collectors.toSet());
    }

    assertThat(rows).hasSizeGreaterThanOrEqualTo(11);
    for (String row : rows) {
      String[] cells = row.split("\\|");
      List<String> named =
          TEST.matcher(cells[cells.length - 1]).results().map(name -> name.group(1)).toList();
      assertThat(cells).as(row).hasSize(5);
      assertThat(named).as(row).isNotEmpty().allMatch(tests::contains);
    }
  }
}

package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cameleon.mask.Keyset;
import dev.cameleon.support.Events;
import dev.cameleon.support.LocalSecrets;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.io.File;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The one file that is deployed: its content, and that it works as a process. */
class PackagedJarIT {
  private static final Path JAR = Path.of(System.getProperty("cameleon.jar"));
  private static final String SERVICES = "META-INF/services/";
  private static final long MAX_BYTES = 90L * 1024 * 1024;

  @TempDir private Path folder;

  @Test
  void itIsOneSmallFileWithoutAnyServerInIt() throws Exception {
    assertThat(Files.size(JAR)).isLessThan(MAX_BYTES);
    try (JarFile jar = new JarFile(JAR.toFile())) {
      assertThat(jar.stream().map(JarEntry::getName))
          .noneMatch(name -> name.startsWith("org/elasticmq"))
          .noneMatch(name -> name.startsWith("io/zonky"))
          .noneMatch(name -> name.startsWith("postgres-"))
          .noneMatch(name -> name.startsWith("org/junit"))
          .noneMatch(name -> name.startsWith("dev/cameleon/demo"));
      assertThat(jar.getManifest().getMainAttributes().getValue("Multi-Release")).isEqualTo("true");
    }
  }

  @Test
  void itCarriesItsBillOfMaterials() throws Exception {
    assumeFalse(
        System.getProperty("cameleon.maven", "").equals("offline: true"),
        "an offline build makes none");
    Path beside = JAR.resolveSibling("cameleon.cdx.json");
    Set<String> listed = new TreeSet<>();
    for (JsonNode part : JsonMapper.builder().build().readTree(beside.toFile()).get("components")) {
      listed.add(part.get("name").asText());
      assertThat(part.get("licenses")).as(part.get("name").asText()).isNotEmpty();
    }
    try (JarFile jar = new JarFile(JAR.toFile())) {
      String location = jar.getManifest().getMainAttributes().getValue("Sbom-Location");
      assertThat(jar.getInputStream(jar.getEntry(location)).readAllBytes())
          .isEqualTo(Files.readAllBytes(beside));

      Set<String> contained = named(jar);
      // The jar itself, and a part within jdbi3-core's jar that its metadata does not name.
      contained.removeAll(Set.of("cameleon", "antlr4-runtime"));
      assertThat(listed).containsAll(contained);
      assertThat(listed).contains("postgresql", "tink").doesNotContain("assertj-core");
    }
  }

  @Test
  void itCarriesTheNamesAndLicencesOfItsLibraries() throws Exception {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      assertThat(named(jar))
          .hasSizeGreaterThan(80)
          .contains("cameleon", "camel-main", "jackson-databind", "sqs");
      for (String part : Set.of("camel-api", "postgresql", "sqs", "jackson-databind")) {
        assertThat(jar.stream().map(JarEntry::getName))
            .as(part)
            .anyMatch(name -> name.matches("META-INF/licenses/" + part + "-jar/.*LICENSE.*"));
      }
      assertThat(jar.getEntry("META-INF/LICENSE")).isNotNull();
      assertThat(jar.getEntry("META-INF/NOTICE")).isNotNull();
    }
  }

  /** The libraries that scanners find by themselves. */
  private static Set<String> named(JarFile jar) {
    return jar.stream()
        .map(JarEntry::getName)
        .filter(name -> name.matches("META-INF/maven/[^/]+/[^/]+/pom.properties"))
        .map(name -> name.split("/", -1)[3])
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void theMergeLostNoServiceOfAnyDependency() throws Exception {
    Map<String, Set<String>> merged = services(JAR.toFile());
    Set<String> jars =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(path -> path.endsWith(".jar"))
            .collect(Collectors.toCollection(TreeSet::new));
    int compared = 0;
    for (String jar : jars) {
      for (Map.Entry<String, Set<String>> service : services(new File(jar)).entrySet()) {
        Set<String> inJar = merged.get(service.getKey());
        if (inJar != null && isShipped(jar)) {
          assertThat(inJar).as("%s of %s", service.getKey(), jar).containsAll(service.getValue());
          compared++;
        }
      }
    }
    assertThat(compared).isGreaterThan(50);
    assertThat(merged.get(SERVICES + "org/apache/camel/TypeConverterLoader")).hasSizeGreaterThan(2);
  }

  /** A jar is shipped if the first class in it is in ours; test libraries are not. */
  private static boolean isShipped(String jar) throws Exception {
    try (JarFile library = new JarFile(jar);
        JarFile ours = new JarFile(JAR.toFile())) {
      return library.stream()
          .map(JarEntry::getName)
          .filter(
              name ->
                  name.endsWith(".class") && !name.contains("META-INF") && !name.contains("-info"))
          .findFirst()
          .map(name -> ours.getEntry(name) != null)
          .orElse(false);
    }
  }

  private static Map<String, Set<String>> services(File jar) throws Exception {
    Map<String, Set<String>> services = new TreeMap<>();
    try (JarFile file = new JarFile(jar)) {
      for (JarEntry entry : file.stream().toList()) {
        if (entry.getName().startsWith(SERVICES) && !entry.isDirectory()) {
          try (InputStream content = file.getInputStream(entry)) {
            services.put(
                entry.getName(),
                new String(content.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.replaceAll("#.*", "").strip())
                    .filter(line -> !line.isEmpty())
                    .collect(Collectors.toSet()));
          }
        }
      }
    }
    return services;
  }

  @Test
  void aStrangerWithOnlyTheJarGetsFromInitToLoadedRows() throws Exception {
    Site site = Site.onEmptyDatabase(folder);
    Map<String, String> environment = site.environment();
    environment.remove("CAMELEON_ROUTES");
    environment.remove("CAMELEON_KEYSET");
    List<String> bodies = new ArrayList<>(IntStream.range(0, 99).mapToObj(Events::body).toList());
    bodies.add("{\"foo\": \"oops_wrong_msg_type\", \"bar\": \"123\"}");
    site.queues().send(bodies);
    Path place = folder.resolve("place");

    Program.Result early =
        Program.run(Map.of(), Files.createDirectory(folder.resolve("empty")), "check");
    assertThat(early.exitCode()).isEqualTo(2);
    assertThat(early.out() + early.err()).contains("there is no folder routes in ", "init DIR");
    assertThat(Program.run(Map.of(), folder, "init", "place").exitCode()).isZero();
    assertThat(Program.run(Map.of(), place, "keys", "create", "--out", "keys/mask.json").exitCode())
        .isZero();
    assertThat(Program.run(environment, place, "migrate").exitCode()).isZero();
    Program.Result check = Program.run(environment, place, "check", "--sample", "5");
    Program.Result run = Program.run(environment, place, "--until-empty", "--timeout", "50s");

    assertThat(check.exitCode()).as(check.out() + check.err()).isZero();
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).contains("loaded 99").contains("dead-lettered 1");
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(99);
    assertThat(site.queues().deadLetters()).isEqualTo(1);
    assertThat(site.queues().left()).isZero();
  }

  @Test
  void anArchiveOfItsClassesIsWrittenAndUsed() throws Exception {
    Site site = Site.in(folder);
    Map<String, String> wrong = new HashMap<>(site.environment());
    wrong.put("CAMELEON_QUEUE", "there-is-none");
    Program.Result refused = Program.run(wrong, folder, "aot", "--out", "cameleon.jsa");
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("there-is-none", "no archive was written");
    assertThat(folder).isDirectoryNotContaining("glob:**.jsa*");

    Program.Result written =
        Program.run(site.environment(), folder, "aot", "--out", "cameleon.jsa");
    assertThat(written.exitCode()).as(written.out() + written.err()).isZero();
    assertThat(written.out()).startsWith("Wrote cameleon.jsa (");
    assertThat(folder)
        .isDirectoryContaining("glob:**.jsa")
        .isDirectoryNotContaining("glob:**.jsa.*");
    site.queues().send(Events.bodies(5));
    // Without the archive that the other processes share.
    String options = "-Xmx256m -Xshare:on -XX:SharedArchiveFile=" + folder.resolve("cameleon.jsa");
    try (Program run =
        Program.startWithHeap(
            options, site.environment(), folder, "run", "--until-empty", "--timeout", "50s")) {
      Program.Result result = run.result();
      assertThat(result.exitCode()).as(result.err()).isZero();
    }
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isEqualTo(5);
  }

  @Test
  void itReadsItsKeysFromSecretsManager() throws Exception {
    Keyset keyset = Keyset.create();
    try (LocalSecrets secrets = LocalSecrets.start().with("mask", keyset.json())) {
      Map<String, String> environment = secrets.environment();
      environment.put("CAMELEON_KEYSET_JSON", "{{aws:mask}}");

      Program.Result result = Program.run(environment, folder, "keys", "list");

      assertThat(result.exitCode()).as(result.err()).isZero();
      assertThat(result.out()).startsWith(keyset.currentId());
    }
  }

  @Test
  void itKnowsItsVersion() throws Exception {
    assertThat(Program.run(Map.of(), folder, "--version").out())
        .matches("(?s)cameleon \\d+\\.\\d+\\.\\d+\\R.*");
  }
}

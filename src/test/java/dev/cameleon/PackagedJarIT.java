package dev.cameleon;

import static org.assertj.core.api.Assertions.assertThat;

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

/** The one file that is deployed: what is in it, and that it works as a process. */
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
    Site site = Site.in(folder);
    Map<String, String> environment = site.environment();
    environment.remove("CAMELEON_ROUTES");
    environment.remove("CAMELEON_KEYSET");
    List<String> bodies = new ArrayList<>(IntStream.range(0, 99).mapToObj(Events::body).toList());
    bodies.add("{\"foo\": \"oops_wrong_msg_type\", \"bar\": \"123\"}");
    site.queues().send(bodies);
    Path place = folder.resolve("place");

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

package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.Settings;
import dev.cameleon.observe.Metrics;
import dev.cameleon.support.Site;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.SqsClient;

/** Compares docs/ROUTES.md with the beans and the shipped routes. */
class RoutesDocumentTest {
  private static final Pattern ROW = Pattern.compile("(?m)^\\| (`(\\w+)`)? *\\| ([^|]*) \\|");
  private static final Pattern CODE = Pattern.compile("`(\\w+)[^`]*`");
  private static final Pattern USE =
      Pattern.compile("ref: (\\w+)\\s+method: (\\w+)", Pattern.MULTILINE);

  /** Methods through which Camel itself uses a bean; they are not ours. */
  private static final Set<String> CAMELS =
      Set.of(
          "amazonSQSClient",
          "routePolicy",
          "unmarshal",
          "aggregationStrategy",
          "executorService",
          "onRedeliveryRef",
          "jdbc");

  @TempDir private Path folder;

  @Test
  void everyBeanIsDocumentedWithMethodsThatItHas() throws Exception {
    Map<String, Set<String>> documented = documented();
    Map<String, Object> beans = beans();

    assertThat(documented.keySet()).isEqualTo(new TreeSet<>(beans.keySet()));
    documented.forEach(
        (name, methods) ->
            assertThat(
                    Arrays.stream(beans.get(name).getClass().getMethods())
                        .map(Method::getName)
                        .collect(Collectors.toSet()))
                .as(name)
                .containsAll(methods));
  }

  @Test
  void everyMethodThatTheShippedRoutesCallIsDocumented() throws Exception {
    Map<String, Set<String>> documented = documented();
    try (Stream<Path> files = Files.list(Path.of("routes"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
        for (MatchResult use : USE.matcher(Files.readString(file)).results().toList()) {
          assertThat(documented.get(use.group(1)))
              .as(file + " " + use.group(1))
              .contains(use.group(2));
        }
      }
    }
  }

  private static Map<String, Set<String>> documented() throws Exception {
    Map<String, Set<String>> documented = new TreeMap<>();
    String bean = "";
    for (MatchResult row :
        ROW.matcher(Files.readString(Path.of("docs/ROUTES.md"))).results().toList()) {
      bean = row.group(2) == null ? bean : row.group(2);
      Set<String> methods = documented.computeIfAbsent(bean, name -> new LinkedHashSet<>());
      CODE.matcher(row.group(3)).results().map(code -> code.group(1)).forEach(methods::add);
      methods.removeAll(CAMELS);
    }
    return documented;
  }

  private Map<String, Object> beans() throws Exception {
    Site site = Site.in(folder);
    Configuration plan = Configuration.read(Settings.read(site.environment()));
    try (Metrics metrics = new Metrics();
        SqsClient sqs = AwsClients.sqs(1)) {
      LongLived process = new LongLived(plan, Preflight.open(plan, sqs, true), sqs, metrics, true);
      Beans beans = new Beans(plan, process);
      process.database.close();
      process.workers.close();
      return new LinkedHashMap<>(beans.byName());
    }
  }
}

package dev.cameleon;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The order of packages: each imports only from packages below it. */
class PackagesTest {
  private static final String ROOT = "dev.cameleon";

  /** From top to bottom, as in docs/ARCHITECTURE.md. */
  private static final List<String> ORDER =
      List.of(
          "",
          "cli",
          "cli.dlq",
          "cli.privacy",
          "cli.console",
          "app",
          "cases",
          "config",
          "privacy",
          "load",
          "observe",
          "dlq",
          "vault",
          "sqs",
          "db",
          "mask",
          "crypto",
          "contract",
          "aws",
          "errors");

  private final JavaClasses classes =
      new ClassFileImporter()
          .importUrl(Cameleon.class.getProtectionDomain().getCodeSource().getLocation());

  @Test
  void noPackageImportsFromOneAboveIt() {
    Set<String> upwards = new TreeSet<>();
    for (JavaClass from : classes) {
      for (Dependency dependency : from.getDirectDependenciesFromSelf()) {
        JavaClass to = dependency.getTargetClass().getBaseComponentType();
        if (to.getPackageName().startsWith(ROOT) && level(to) < level(from)) {
          upwards.add(from.getName() + " → " + to.getName());
        }
      }
    }
    assertThat(upwards).isEmpty();
  }

  @Test
  void packagesFormNoCircle() {
    slices().matching("dev.cameleon.(**)").should().beFreeOfCycles().check(classes);
  }

  @Test
  void everyPackageHasItsPlaceInTheOrderAndInTheDocs() throws Exception {
    Set<String> packages =
        classes.stream().map(PackagesTest::name).collect(Collectors.toCollection(TreeSet::new));
    assertThat(packages).isEqualTo(new TreeSet<>(ORDER));
    List<String> documented =
        Files.readString(Path.of("docs/ARCHITECTURE.md"))
            .lines()
            .filter(line -> line.matches(ROOT.replace(".", "\\.") + "(\\.[a-z.]+)? .*"))
            .map(line -> line.split(" ", 2)[0])
            .map(name -> name.substring(Math.min(name.length(), ROOT.length() + 1)))
            .toList();
    assertThat(documented).isEqualTo(ORDER);
  }

  private static int level(JavaClass of) {
    return ORDER.indexOf(name(of));
  }

  private static String name(JavaClass of) {
    return of.getPackageName().equals(ROOT) ? "" : of.getPackageName().substring(ROOT.length() + 1);
  }
}

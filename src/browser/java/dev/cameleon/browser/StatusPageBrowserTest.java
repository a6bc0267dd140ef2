package dev.cameleon.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** The status page of a loading process in a headless Chromium. {@code mvn -Pbrowser}. */
class StatusPageBrowserTest {
  private static final String AXE = "/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js";
  private static final Pattern ADDRESS = Pattern.compile("http://localhost:(\\d+)/");

  @TempDir private static Path folder;

  private static Site site;
  private static Program program;
  private static ChromeDriver browser;

  @BeforeAll
  static void start() throws Exception {
    site = Site.in(folder).with("CAMELEON_HTTP_PORT", "0").with("CAMELEON_BATCH_ROWS", "50");
    program = Program.start(site.environment(), folder, "run");
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> program.err().contains("Started"));
    browser = chromium();
    browser.get(address());
  }

  @AfterAll
  static void stop() throws Exception {
    if (browser != null) {
      browser.quit();
    }
    program.close();
  }

  private static ChromeDriver chromium() {
    ChromeOptions options = new ChromeOptions();
    List.of("chrome", "google-chrome", "chromium")
        .forEach(name -> onPath(name).ifPresent(file -> options.setBinary(file.toFile())));
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--user-data-dir=" + folder.resolve("chromium"));
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService.Builder service = new ChromeDriverService.Builder();
    onPath("chromedriver").ifPresent(file -> service.usingDriverExecutable(file.toFile()));
    return new ChromeDriver(service.build(), options);
  }

  private static Optional<Path> onPath(String program) {
    return Pattern.compile(":")
        .splitAsStream(System.getenv("PATH"))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static String address() throws IOException {
    Matcher port = ADDRESS.matcher(program.err());
    assertThat(port.find()).isTrue();
    return "http://localhost:" + port.group(1) + "/";
  }

  private static String text(String id) {
    return browser.findElement(By.id(id)).getText();
  }

  private static void await(Duration most, String id, String text) {
    Awaitility.await(id + ": " + text)
        .atMost(most)
        .untilAsserted(() -> assertThat(text(id)).contains(text));
  }

  private static List<String> bodies(int count) {
    List<String> bodies = new ArrayList<>(Events.bodies(count));
    bodies.add("{\"ip\": 17}");
    return bodies;
  }

  @Test
  void numbersMoveWhileMessagesFlowAndAnOutageShowsWithinFiveSeconds() throws Exception {
    browser.manage().window().setSize(new Dimension(1100, 1000));
    await(Duration.ofSeconds(30), "state", "Receiving");
    site.queues().send(bodies(500));
    await(Duration.ofSeconds(30), "loaded", "500");
    await(Duration.ofSeconds(30), "dead-lettered", "1");
    assertThat(text("dead-letters")).contains("CONTRACT").contains("1");
    assertThat(text("settings")).contains("cameleon.batch.rows").contains("50");

    site.database().execute("ALTER TABLE user_logins RENAME TO away");
    site.queues().send(Events.bodies(120));
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> program.err().contains("Receiving pauses"));
    await(Duration.ofSeconds(5), "state", "Not receiving: DATABASE");
    assertThat(text("reasons")).contains("DATABASE");
    screenshot("status-outage");
    site.database().execute("ALTER TABLE away RENAME TO user_logins");
    await(Duration.ofSeconds(60), "loaded", "620");
    await(Duration.ofSeconds(30), "state", "Receiving");
    screenshot("status");
    assertThat(browser.manage().logs().get(LogType.BROWSER).getAll()).isEmpty();
    assertThat(browser.getPageSource())
        .doesNotContain("jdbc:", "postgres:", "localhost", "000000000000", "SECRET", folder.toString());
  }

  @Test
  void itReadsWellOnATelephoneAndAxeFindsNothing() throws Exception {
    await(Duration.ofSeconds(30), "state", "eceiving");
    for (String scheme : List.of("light", "dark")) {
      browser.executeCdpCommand(
          "Emulation.setEmulatedMedia",
          Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
      browser.executeCdpCommand(
          "Emulation.setDeviceMetricsOverride",
          Map.of("width", 400, "height", 800, "deviceScaleFactor", 1, "mobile", true));
      assertThat((Long) browser.executeScript("return document.documentElement.scrollWidth"))
          .as("nothing is wider than the screen")
          .isLessThanOrEqualTo(400);
      screenshot("status-400-" + scheme);
      assertThat(axe()).as(scheme).isEmpty();
      browser.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
      screenshot("status-" + scheme);
      assertThat(axe()).as(scheme).isEmpty();
    }
    browser.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of()));
  }

  @SuppressWarnings("unchecked")
  private static List<String> axe() throws IOException {
    try (InputStream script = StatusPageBrowserTest.class.getResourceAsStream(AXE)) {
      // Through the debugger, because the page's policy allows no other script.
      browser.executeScript(new String(script.readAllBytes(), StandardCharsets.UTF_8));
    }
    List<String> found =
        (List<String>)
        browser.executeAsyncScript(
            "const done = arguments[arguments.length - 1];"
                + "axe.run().then(r => done(r.violations.map(v => v.impact + ': ' + v.id + ': ' + v.nodes.map(n => n.html).join(' '))));");
    browser.manage().logs().get(LogType.BROWSER); // axe's own warnings
    return found;
  }

  /** Writes a picture if the system property {@code screenshots} names a folder. */
  private static void screenshot(String name) throws IOException {
    String pictures = System.getProperty("screenshots", "");
    if (!pictures.isEmpty()) {
      Files.write(
          Files.createDirectories(Path.of(pictures)).resolve(name + ".png"),
          browser.getScreenshotAs(OutputType.BYTES));
    }
  }
}

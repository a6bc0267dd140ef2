package dev.cameleon.observe;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The page for the person on call: one HTML file, and the JSON that it requests once a second. */
public final class StatusPage {
  private static final String HTML = html();

  /**
   * The page's Content-Security-Policy, which allows only its own style and script, by their
   * hashes, and requests to this server.
   */
  static final String POLICY =
      "default-src 'none'; style-src '%s'; script-src '%s'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
          .formatted(hash("style"), hash("script"));

  private final Health health;
  private volatile Optional<Supplier<Status>> status = Optional.empty();

  /** Creates a page that shows this readiness. */
  public StatusPage(Health health) {
    this.health = health;
  }

  /**
   * Sets the source of the page's data from now on.
   *
   * @param source returns the status now; must not block
   */
  public void report(Supplier<Status> source) {
    status = Optional.of(source);
  }

  /** The page. */
  String page() {
    return HTML;
  }

  /** The page's current data, as JSON. */
  String json() {
    Health.Report report = health.ready();
    double uptime = ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0;
    return status
        .map(source -> source.get().json(report, uptime, System.currentTimeMillis()))
        .orElseGet(() -> Status.json(report, uptime));
  }

  private static String html() {
    try (InputStream file = StatusPage.class.getResourceAsStream("status.html")) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The CSP source expression of an inline element. */
  private static String hash(String element) {
    Matcher content =
        Pattern.compile("<%1$s>(.*?)</%1$s>".formatted(element), Pattern.DOTALL).matcher(HTML);
    if (!content.find()) {
      throw new IllegalStateException("status.html has no " + element);
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(content.group(1).getBytes(StandardCharsets.UTF_8));
      return "sha256-" + Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}

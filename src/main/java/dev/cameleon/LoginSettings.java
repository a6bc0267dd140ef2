package dev.cameleon;

import dev.cameleon.load.Database;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/** The part of the configuration that says who logs in to which database. */
final class LoginSettings {
  /** libpq's way to name a user; the driver would take it for a part of the host, and show it. */
  private static final Pattern CREDENTIALS = Pattern.compile("//[^/?]*@");

  private LoginSettings() {}

  /** Who loads, or runs another command. */
  static Database.Login loader(Parser parser) {
    String url = parser.text("cameleon.db.url");
    return login(parser, url, "cameleon.db.user", "cameleon.db.password", null);
  }

  /** Who migrates: the loader, unless the owner has a login of its own. */
  static Database.Login owner(Parser parser, Database.Login loader) {
    String url = parser.text("cameleon.db.url");
    return login(parser, url, "cameleon.db.owner.user", "cameleon.db.owner.password", loader);
  }

  /** The loader's role, or the owner's, which is the loader's unless it has one of its own. */
  private static Database.Login login(
      Parser parser, String url, String userKey, String passwordKey, Database.Login fallback) {
    String user = parser.optional(userKey);
    if (CREDENTIALS.matcher(url).find()) {
      if (fallback == null) {
        parser.problem(
            "cameleon.db.url",
            "holds a user or password before the host; set CAMELEON_DB_USER and CAMELEON_DB_PASSWORD");
      }
      return new Database.Login("jdbc:postgresql://(refused)", "", "");
    }
    if (!Database.understands(url)) {
      if (fallback == null) {
        parser.problem(
            "cameleon.db.url", "not a PostgreSQL URL, e.g. jdbc:postgresql://db.example:5432/app");
      }
      return new Database.Login(url, "", "");
    }
    if (user.isEmpty() && fallback != null) {
      return fallback;
    }
    String password = parser.secret(passwordKey);
    if (user.isEmpty() && isOnThisMachine(url)) {
      return new Database.Login(url, "postgres", password.isEmpty() ? "postgres" : password);
    }
    if (user.isEmpty()) {
      parser.problem(userKey, "needed for a database that is not on this machine, e.g. app_loader");
    }
    return new Database.Login(url, user, password);
  }

  /** Whether every host of a JDBC URL is this machine. */
  static boolean isOnThisMachine(String url) {
    return Database.hosts(url).stream().allMatch(LoginSettings::isLoopback);
  }

  static boolean isLoopback(String host) {
    try {
      // Only a literal address or the name "localhost": a look-up here could take seconds.
      return host.isEmpty()
          || host.equals("localhost")
          || (host.matches("[0-9.]+|.*:.*") && InetAddress.getByName(host).isLoopbackAddress());
    } catch (UnknownHostException e) {
      return false;
    }
  }
}

package dev.cameleon;

import dev.cameleon.load.Database;
import dev.cameleon.load.Password;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/** The part of the configuration that says who logs in to which database. */
final class LoginSettings {
  /** libpq's way to name a user; the driver would take it for a part of the host, and show it. */
  private static final Pattern CREDENTIALS = Pattern.compile("//[^/?]*@");

  private static final String IAM = "cameleon.db.iam";

  private LoginSettings() {}

  /** Who loads, or runs another command. */
  static Database.Login loader(Parser parser) {
    String url = parser.text("cameleon.db.url");
    parser.flag(IAM);
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
    if (parser.optional(IAM).equals("true")) {
      return new Database.Login(url, user, iam(parser, url, user, userKey, passwordKey));
    }
    if (user.isEmpty() && isLoopback(Database.host(url))) {
      return new Database.Login(url, "postgres", parser.password(passwordKey, "postgres"));
    }
    if (user.isEmpty()) {
      parser.problem(userKey, "needed for a database that is not on this machine, e.g. app_loader");
    }
    return new Database.Login(url, user, parser.password(passwordKey, ""));
  }

  private static Password iam(
      Parser parser, String url, String user, String userKey, String passwordKey) {
    String host = Database.host(url);
    if (user.isEmpty()) {
      parser.problem(userKey, "needed with " + IAM + "=true: a role that is granted rds_iam");
    }
    if (!parser.optional(passwordKey).isEmpty()) {
      parser.problem(passwordKey, "has no use with " + IAM + "=true; remove one of the two");
    }
    if (host.isEmpty() || host.contains(",")) {
      parser.problem("cameleon.db.url", "names no one host, which a token of RDS is for");
    } else if (!Database.requiresTls(url) && !isLoopback(host)) {
      parser.problem(
          "cameleon.db.url",
          "RDS takes a token over TLS only: add sslmode=verify-full and the CA file of RDS as"
              + " sslrootcert");
    }
    return new IamPassword(host, Database.port(url), user);
  }

  private static boolean isLoopback(String host) {
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

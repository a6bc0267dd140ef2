package dev.cameleon.config;

import dev.cameleon.db.Database;
import dev.cameleon.db.IamPassword;
import dev.cameleon.db.Password;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;

/** The part of the configuration with the database logins. */
public final class DatabaseSettings {
  private static final String HOST = "(\\[[0-9A-Fa-f:.%]+]|[A-Za-z0-9._-]*)(:[0-9]{1,5})?";
  private static final String DATABASE = "[^/@:;=&?#{}\"'\\s]*";

  /**
   * A URL of pgjdbc. The driver is less strict: it would take libpq's user and password for a part
   * of the host or of the database's name, and then its log, or a message of ours, would show them.
   */
  private static final Pattern URL =
      Pattern.compile(
          String.format("jdbc:postgresql:(//%1$s(,%1$s)*(/%2$s)?|/|%2$s)(\\?.*)?", HOST, DATABASE));

  /**
   * Rejected in a URL: the driver would silently use the user and password of our settings instead.
   */
  private static final Pattern USER_OR_PASSWORD = Pattern.compile("[?&](user|password)=");

  private static final String IAM = "cameleon.db.iam";

  private DatabaseSettings() {}

  /** The login of a loader, or of another command. */
  public static Database.Login loader(SettingsParser parser) {
    String url = parser.text("cameleon.db.url");
    parser.flag(IAM);
    return login(parser, url, "cameleon.db.user", "cameleon.db.password", null);
  }

  /** The owner's login, for migrations: the loader's unless the owner's is set. */
  static Database.Login owner(SettingsParser parser, Database.Login loader) {
    String url = parser.text("cameleon.db.url");
    return login(parser, url, "cameleon.db.owner.user", "cameleon.db.owner.password", loader);
  }

  /** Reads one login; for the owner, the loader's values are the defaults. */
  private static Database.Login login(
      SettingsParser parser,
      String url,
      String userKey,
      String passwordKey,
      Database.Login fallback) {
    String user = parser.optional(userKey);
    if (!URL.matcher(url).matches()
        || USER_OR_PASSWORD.matcher(url).find()
        || !Database.understands(url)) {
      if (fallback == null) {
        parser.problem(
            "cameleon.db.url",
            "is not a PostgreSQL URL, for example"
                + " jdbc:postgresql://db.example:5432/app; put user and password into"
                + " CAMELEON_DB_USER and CAMELEON_DB_PASSWORD");
      }
      return new Database.Login("jdbc:postgresql://(refused)", "", "");
    }
    if (user.isEmpty() && fallback != null) {
      return fallback;
    }
    if (parser.optional(IAM).equals("true")) {
      return new Database.Login(url, user, iam(parser, url, user, userKey, passwordKey));
    }
    if (user.isEmpty() && isOnThisMachine(url)) {
      return new Database.Login(url, "postgres", parser.password(passwordKey, "postgres"));
    }
    if (user.isEmpty()) {
      parser.problem(
          userKey, "required for a database that is not on this machine, for example app_loader");
    }
    return new Database.Login(url, user, parser.password(passwordKey, ""));
  }

  private static Password iam(
      SettingsParser parser, String url, String user, String userKey, String passwordKey) {
    List<String> hosts = Database.hosts(url);
    if (user.isEmpty()) {
      parser.problem(
          userKey, "required with " + IAM + "=true; set a database user that has rds_iam");
    }
    if (!parser.optional(passwordKey).isEmpty()) {
      parser.problem(passwordKey, "conflicts with " + IAM + "=true; remove one of the two");
    }
    if (hosts.size() != 1) {
      parser.problem("cameleon.db.url", "must name one host: an RDS token is for one host");
      return Password.fixed("");
    }
    if (!Database.requiresTls(url) && !isOnThisMachine(url)) {
      parser.problem(
          "cameleon.db.url",
          "RDS accepts tokens over TLS only: add sslmode=verify-full, and the RDS CA"
              + " file as sslrootcert");
    }
    return new IamPassword(hosts.get(0), Database.port(url), user);
  }

  /** Whether every host of a JDBC URL is this machine. */
  public static boolean isOnThisMachine(String url) {
    return Database.hosts(url).stream().allMatch(DatabaseSettings::isLoopback);
  }

  /** Whether a host is this machine, by its name or address alone. */
  public static boolean isLoopback(String host) {
    try {
      // Accepts only a literal address or the name "localhost": a DNS look-up here could take
      // seconds.
      return host.isEmpty()
          || host.equals("localhost")
          || (host.matches("[0-9.]+|.*:.*") && InetAddress.getByName(host).isLoopbackAddress());
    } catch (UnknownHostException e) {
      return false;
    }
  }
}

package dev.cameleon.config;

import dev.cameleon.db.Database;
import dev.cameleon.db.IamPassword;
import dev.cameleon.db.Password;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The database and its logins.
 *
 * @param loader the login that loads
 * @param owner the login that migrates; the loader's, unless another one is set
 * @param migrate whether {@code run} applies migrations
 * @param ledgerDays how long the ledger keeps message ids
 */
public record DatabaseSettings(
    Database.Login loader, Database.Login owner, boolean migrate, int ledgerDays) {
  private static final String HOST = "(\\[[0-9A-Fa-f:.%]+]|[A-Za-z0-9._-]*)(:[0-9]{1,5})?";
  private static final String NAME = "[^/@:;=&?#{}\"'\\s]*";

  /**
   * The accepted form of a pgjdbc URL. The driver is less strict: it would read a user and password
   * in libpq's form as part of the host or database name, and its log, or a message of ours, would
   * show them. It would also silently prefer our settings to a parameter {@code user} or {@code
   * password}.
   */
  private static final Pattern FORM =
      Pattern.compile(
          String.format(
              "(?!.*[?&](user|password)=)jdbc:postgresql:(//%1$s(,%1$s)*(/%2$s)?|/|%2$s)(\\?.*)?",
              HOST, NAME));

  private static final String URL = "cameleon.db.url";
  private static final String IAM = "cameleon.db.iam";
  private static final String OWNER = "cameleon.db.owner.user";

  private static final Database.Login REFUSED =
      new Database.Login("jdbc:postgresql://(refused)", "", "");

  public static DatabaseSettings read(ValueParser parser) {
    Database.Login loader = loader(parser);
    return new DatabaseSettings(
        loader,
        parser.optional(OWNER).isEmpty() || loader.equals(REFUSED)
            ? loader
            : login(parser, loader.url(), OWNER, "cameleon.db.owner.password"),
        parser.flag("cameleon.migrate"),
        ledgerDays(parser));
  }

  /** The login of a loader, or of another command. */
  public static Database.Login loader(ValueParser parser) {
    String url = parser.text(URL);
    parser.flag(IAM);
    if (!FORM.matcher(url).matches() || !Database.understands(url)) {
      parser.problem(
          URL,
          "is not a PostgreSQL URL, for example"
              + " jdbc:postgresql://db.example:5432/app; put user and password into"
              + " CAMELEON_DB_USER and CAMELEON_DB_PASSWORD");
      return REFUSED;
    }
    return login(parser, url, "cameleon.db.user", "cameleon.db.password");
  }

  /**
   * How many days the ledger keeps message ids: more than the 14 days for which SQS keeps a
   * message.
   */
  public static int ledgerDays(ValueParser parser) {
    return parser.number("cameleon.ledger.days", 15, 3650);
  }

  private static Database.Login login(
      ValueParser parser, String url, String userKey, String passwordKey) {
    String user = parser.optional(userKey);
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
      ValueParser parser, String url, String user, String userKey, String passwordKey) {
    List<String> hosts = Database.hosts(url);
    if (user.isEmpty()) {
      parser.problem(
          userKey, "required with " + IAM + "=true; set a database user that has rds_iam");
    }
    if (!parser.optional(passwordKey).isEmpty()) {
      parser.problem(passwordKey, "conflicts with " + IAM + "=true; remove one of the two");
    }
    if (hosts.size() != 1) {
      parser.problem(URL, "must name one host: an RDS token is for one host");
      return Password.fixed("");
    }
    if (!Database.requiresTls(url) && !isOnThisMachine(url)) {
      parser.problem(
          URL,
          "RDS accepts tokens over TLS only: add sslmode=verify-full, and the RDS CA"
              + " file as sslrootcert");
    }
    return new IamPassword(hosts.get(0), Database.port(url), user);
  }

  /** Whether every host of a JDBC URL is this machine. */
  public static boolean isOnThisMachine(String url) {
    return Database.hosts(url).stream().allMatch(DatabaseSettings::isLoopback);
  }

  /** Whether a host is this machine, judged by its name or address alone. */
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

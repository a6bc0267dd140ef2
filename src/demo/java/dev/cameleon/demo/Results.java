package dev.cameleon.demo;

import dev.cameleon.sqs.SourceMessage;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.TestQueues;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The results of a run, read from the database, the queues and the application's last line.
 *
 * @param counts the application's own account
 * @param rows rows in {@code user_logins}
 * @param queueLeft messages left on the source queue
 * @param firstRows the first rows: user, device type, masked ip, masked device, locale, version
 * @param devices repeated devices
 * @param addresses repeated addresses
 * @param unmasked rows whose ip or device id is not a token
 * @param travellerLogins logins of {@link SampleEvents#TRAVELLER}
 * @param travellerTokens distinct masked addresses of these logins
 * @param recovered whether one of these addresses was recovered with the private key
 * @param deadLetters the dead letters, in the order of their reasons
 */
public record Results(
    Counts counts,
    long rows,
    long queueLeft,
    List<List<String>> firstRows,
    Repeated devices,
    Repeated addresses,
    long unmasked,
    long travellerLogins,
    long travellerTokens,
    boolean recovered,
    List<DeadLetter> deadLetters) {

  private static final Pattern ENDED =
      Pattern.compile(
          "Ended: received ([0-9,]+) = loaded ([0-9,]+) \\+ duplicate ([0-9,]+) \\+ ignored [0-9,]+"
              + " \\+ dead-lettered ([0-9,]+) \\+ returned ([0-9,]+) \\+ in flight ([0-9,]+)");

  /** How many messages were received, and how they ended. */
  public record Counts(
      long received, long loaded, long duplicate, long deadLettered, long returned, long inFlight) {
    /** Reads the application's last line. */
    static Counts of(String log) {
      Matcher line = ENDED.matcher(log);
      if (!line.find()) {
        throw new IllegalStateException("the application did not say how it ended");
      }
      long[] numbers = new long[line.groupCount()];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = Long.parseLong(line.group(i + 1).replace(",", ""));
      }
      return new Counts(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
    }
  }

  /**
   * Values that occur more than once.
   *
   * @param distinct how many different values there are
   * @param repeated how many of them occur more than once
   * @param top the most repeated: token, logins, first day
   */
  public record Repeated(long distinct, long repeated, List<List<String>> top) {}

  /** One dead letter. */
  public record DeadLetter(String sourceMessageId, String reason) {}

  /** Reads the results. */
  static Results read(LocalSite site, String log, boolean recovered) {
    TestDatabase database = site.database();
    List<List<String>> traveller =
        database.query(
            "SELECT count(*), count(DISTINCT masked_ip) FROM user_logins WHERE user_id = '"
                + SampleEvents.TRAVELLER
                + "'");
    var left = site.queues().left();
    return new Results(
        Counts.of(log),
        database.number("SELECT count(*) FROM user_logins"),
        left.visible() + left.hidden() + left.delayed(),
        database.query(
            "SELECT user_id, device_type, masked_ip, masked_device_id, locale, app_version"
                + " FROM cameleon.logins LIMIT 5"),
        repeated(database, "masked_device_id", "duplicate_devices"),
        repeated(database, "masked_ip", "duplicate_ips"),
        database.number(
            "SELECT count(*) FROM cameleon.logins"
                + " WHERE (masked_ip ~ '^ip_[0-9a-f]{8}_[A-Za-z0-9_-]{22}$'"
                + " AND masked_device_id ~ '^device_[0-9a-f]{8}_[A-Za-z0-9_-]{22}$') IS NOT TRUE"),
        Long.parseLong(traveller.get(0).get(0)),
        Long.parseLong(traveller.get(0).get(1)),
        recovered,
        deadLetters(site.queues()));
  }

  private static Repeated repeated(TestDatabase database, String column, String view) {
    return new Repeated(
        database.number("SELECT count(DISTINCT " + column + ") FROM cameleon.logins"),
        database.number("SELECT count(*) FROM cameleon." + view),
        database.query(
            "SELECT "
                + column
                + ", logins, first_day FROM cameleon."
                + view
                + " ORDER BY logins DESC, 1 LIMIT 3"));
  }

  private static List<DeadLetter> deadLetters(LocalQueues queues) {
    List<DeadLetter> deadLetters = new ArrayList<>();
    queues
        .readDeadLetters()
        .forEach(
            message ->
                deadLetters.add(
                    new DeadLetter(
                        TestQueues.attribute(message, SourceMessage.ID),
                        TestQueues.attribute(message, "reason"))));
    return deadLetters;
  }
}

package dev.cameleon.demo;

import dev.cameleon.contract.Violation;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/**
 * Realistic login events: repeated devices and addresses, a locale that is null in a third, two- and three-part versions, reserved addresses; and typical faults. The same seed gives the same events. Every address is for documentation, private or reserved (RFC 5737,
 * 3849, 1918), and no social security number begins with 9.
 */
public final class SampleEvents {
  /** The fields of a login event. */
  public static final List<String> FIELDS =
      List.of("user_id", "app_version", "device_type", "ip", "locale", "device_id");

  /** This user logs in from one address with {@link #SPELLINGS} spellings. */
  public static final String TRAVELLER = "7a3e9c10-5d2b-4f68-9b1e-000000000077";

  private static final List<String> ONE_ADDRESS =
      List.of(
          "203.0.113.77", "::ffff:203.0.113.77", "::FFFF:cb00:714d", "0:0:0:0:0:ffff:cb00:714D");

  /** The number of spellings of the address of {@link #TRAVELLER}. */
  public static final int SPELLINGS = ONE_ADDRESS.size();

  private static final List<String> RESERVED =
      List.of("127.0.0.1", "0.0.0.0", "255.255.255.255", "169.254.10.20", "::1", "fe80::1");

  private static final List<String> VERSIONS =
      List.of("0.96", "1.1", "1.4.2", "2.00", "2.3.0", "2.10", "3.0.1", "10.1.12");

  private static final List<String> LOCALES =
      List.of("RU", "US", "DE", "IN", "FR", "BR", "JP", "GB", "pt_BR", "zh_Hant_TW");

  private static final List<String> DEVICE_TYPES = List.of("android", "ios");

  private static final int DEVICES = 220;
  private static final int ADDRESSES = 160;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Random random;
  private final List<String> devices = new ArrayList<>();
  private final List<String> addresses = new ArrayList<>();

  /**
   * A message that can never become a row.
   *
   * @param fault what is wrong with it, in a few words
   * @param body the message
   * @param reason the expected reason
   */
  public record Malformed(String fault, String body, Violation reason) {}

  /** Creates a generator; equal seeds give equal events. */
  public SampleEvents(long seed) {
    random = new Random(seed);
    for (int i = 0; i < DEVICES; i++) {
      devices.add(
          String.format(
              "9%02d-%02d-%04d", random.nextInt(100), random.nextInt(100), random.nextInt(10_000)));
    }
    addresses.addAll(RESERVED);
    while (addresses.size() < ADDRESSES) {
      addresses.add(address(random.nextInt(8), 1 + random.nextInt(254)));
    }
  }

  private String address(int range, int host) {
    return switch (range) {
      case 0 -> "192.0.2." + host;
      case 1 -> "198.51.100." + host;
      case 2, 3 -> "203.0.113." + host;
      case 4 -> "10." + random.nextInt(256) + "." + random.nextInt(256) + "." + host;
      case 5 -> "172." + (16 + random.nextInt(16)) + "." + random.nextInt(256) + "." + host;
      case 6 -> "192.168." + random.nextInt(256) + "." + host;
      default -> "2001:db8:" + Integer.toHexString(random.nextInt(0x10000)) + "::" + host;
    };
  }

  /**
   * The bodies of valid events, in the order in which they are sent.
   *
   * @param count how many, at least {@link #SPELLINGS}
   */
  public List<String> logins(int count) {
    List<String> bodies = new ArrayList<>();
    int every = count / SPELLINGS;
    for (int i = 0; i < count; i++) {
      ObjectNode event = login();
      if (i % every == every / 2 && i / every < SPELLINGS) {
        event.put("user_id", TRAVELLER).put("ip", ONE_ADDRESS.get(i / every));
      }
      bodies.add(event.toString());
    }
    return bodies;
  }

  private ObjectNode login() {
    ObjectNode event = JSON.createObjectNode();
    event.put("user_id", uuid());
    event.put("app_version", any(VERSIONS));
    event.put("device_type", any(DEVICE_TYPES));
    event.put("ip", skewed(addresses));
    event.put("locale", random.nextInt(3) == 0 ? null : any(LOCALES));
    event.put("device_id", skewed(devices));
    return event;
  }

  private String uuid() {
    byte[] seed = Long.toString(random.nextLong()).getBytes(StandardCharsets.US_ASCII);
    return UUID.nameUUIDFromBytes(seed).toString();
  }

  private String any(List<String> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  /** Picks the first choices more often than the last ones, so that some devices come back again and again. */
  private String skewed(List<String> choices) {
    double part = random.nextDouble();
    return choices.get((int) (choices.size() * part * part));
  }

  /** One message of each fault. */
  public List<Malformed> malformed() {
    String valid = login().toString();
    ObjectNode badAddress = login().put("ip", "203.0.113.999");
    ObjectNode shortForm = login().put("ip", "127.1");
    ObjectNode tooLong = login().put("user_id", "u".repeat(129));
    ObjectNode suffix = login().put("app_version", "2.3-beta");
    ObjectNode missing = login();
    missing.remove("device_id");
    return List.of(
        contract("another kind of message", "{\"foo\": \"oops_wrong_msg_type\", \"bar\": \"123\"}"),
        contract("an impossible address", badAddress.toString()),
        contract("an address in short form", shortForm.toString()),
        contract("a text that is too long", tooLong.toString()),
        contract("a version with a suffix", suffix.toString()),
        contract("a missing field", missing.toString()),
        notJson("not JSON at all", "login of 927-34-3188 from 198.51.100.23"),
        notJson("an array of events", "[" + valid + "]"),
        notJson("cut off", valid.substring(0, valid.length() - 20)),
        notJson("a key that occurs twice", valid.replace("\"locale\"", "\"ip\"")),
        notJson("half a character", withUser("\\ud83e")),
        new Malformed(
            "a character that PostgreSQL refuses", withUser("\\u0000"), Violation.DATA_REJECTED));
  }

  private String withUser(String escape) {
    return login().put("user_id", "user-MARK").toString().replace("MARK", escape);
  }

  private static Malformed contract(String fault, String body) {
    return new Malformed(fault, body, Violation.CONTRACT);
  }

  private static Malformed notJson(String fault, String body) {
    return new Malformed(fault, body, Violation.NOT_JSON);
  }
}

package dev.cameleon.support;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Login events for tests, with addresses of the ranges for documentation and private use. */
public final class Events {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private Events() {}

  /** A good event; {@code n} makes its user, address and device unique. */
  public static ObjectNode login(int n) {
    return JSON.createObjectNode()
        .put("user_id", "user-" + n)
        .put("app_version", "2.3.0")
        .put("device_type", "android")
        .put("ip", "10." + (n >> 16 & 255) + "." + (n >> 8 & 255) + "." + (n & 255))
        .put("locale", n % 3 == 0 ? null : "RU")
        .put("device_id", String.format("%03d-%02d-%04d", n / 1000 % 1000, n % 100, n % 10000));
  }

  /** The bodies of the first {@code count} events, in a mutable list. */
  public static List<String> bodies(int count) {
    return new ArrayList<>(IntStream.range(0, count).mapToObj(Events::body).toList());
  }

  /** The body of {@link #login(int)}. */
  public static String body(int n) {
    return login(n).toString();
  }
}

package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.PiiKind;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.Masker;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.Shared;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** A database with one mask key, and keysets that continue it. */
class RetokenizationFixture {
  static final Map<String, PiiKind> BOTH = Map.of("ip", PiiKind.IP, "device_id", PiiKind.DEVICE);
  static final Retokenization.Sizes SMALL = new Retokenization.Sizes(1, 3, Duration.ofSeconds(30));

  static final Keyset FIRST = FixedKeys.of(1, 0x0b);
  static final Keyset SECOND = FixedKeys.of(1, 0x0b, 2, 0x0c);
  static final Keyset THIRD = FixedKeys.of(1, 0x0b, 2, 0x0c, 3, 0x0d);

  static final String ROWS = "SELECT user_id, masked_ip, maked_device_id FROM user_logins";

  TestDatabase database = Shared.postgres().migrated();

  RetokenizationResult retokenize(Keyset keyset) throws Exception {
    return retokenize(keyset, SMALL);
  }

  RetokenizationResult retokenize(Keyset keyset, Retokenization.Sizes sizes) throws Exception {
    try (Connection connection = database.connect()) {
      Retokenization retokenize = Retokenization.begin(connection, keyset, sizes).orElseThrow();
      assertThat(retokenize.problem()).isEmpty();
      return retokenize.run((step, done, all, unit) -> {});
    }
  }

  CompletableFuture<RetokenizationResult> start(Keyset keyset, Retokenization.Sizes sizes) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return retokenize(keyset, sizes);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  void beginWithTheFirstKey() throws Exception {
    assertThat(problems(FIRST)).isEmpty();
  }

  List<String> problems(Keyset keyset) throws SQLException {
    try (Connection connection = database.connect()) {
      return new MaskGuard(keyset, BOTH).problems(connection, Set.of());
    }
  }

  boolean vaultHas(String token) {
    return !database.query(entryOf(token)).isEmpty();
  }

  static String entryOf(String token) {
    return "SELECT entry::text FROM cameleon.vault WHERE token = '" + token + "'";
  }

  void execute(int count, IntFunction<String> statement) {
    database.execute(String.join(";", list(count, statement)));
  }

  static <T> List<T> list(int count, IntFunction<T> each) {
    return IntStream.range(0, count).mapToObj(each).toList();
  }

  static String row(String user, String ip, String device) {
    return "INSERT INTO user_logins (user_id, masked_ip, maked_device_id) VALUES ('"
        + user
        + "', '"
        + ip
        + "', "
        + (device == null ? "NULL" : "'" + device + "'")
        + ")";
  }

  static String entry(String token) {
    return "INSERT INTO cameleon.vault VALUES ('"
        + token
        + "', gen_random_uuid(), gen_random_uuid(), 'x')";
  }

  static String ip(Keyset keyset, int n) {
    return new Masker(keyset, BOTH).token(PiiKind.IP, "ip", "10.0.0." + n);
  }

  static String device(Keyset keyset, int n) {
    return new Masker(keyset, BOTH).token(PiiKind.DEVICE, "device", "device-" + n);
  }
}

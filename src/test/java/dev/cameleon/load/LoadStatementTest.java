package dev.cameleon.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.contract.Contract;
import dev.cameleon.db.Database;
import dev.cameleon.mask.Masker;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.sqs.ReceivedMessages;
import dev.cameleon.support.Events;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.Shared;
import dev.cameleon.vault.SuppressionList;
import dev.cameleon.vault.Vault;
import dev.cameleon.vault.VaultEntries;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TimeZone;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The shipped load.sql on a real PostgreSQL. */
class LoadStatementTest {
  private final TestDatabase database = Shared.postgres().migrated();
  private LoadStatement statement;

  @BeforeEach
  void prepare() throws Exception {
    statement = Shipped.statement();
  }

  @Test
  void oneMessageTwiceInOneBatchGivesOneRow() throws Exception {
    Masker masker = masker();
    Delivery delivery = ReceivedMessages.delivery("original");
    Batch batch = new Batch();
    for (int i = 0; i < 2; i++) {
      batch.add(delivery, masker.mask(List.of(Events.login(i))));
    }
    LoadParameters parameters = batch.parameters(new Vault(List.of()), new SuppressionList(masker));

    assertThat(load(parameters)).isEqualTo(1);
    assertThat(load(parameters)).isZero();

    assertThat(database.number("SELECT count(*) FROM user_logins")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"3, 2", "2, 3"})
  void aReplayBesideItsOriginalIsOneDeliveryOfWhichAllEventsAreLoaded(int first, int second)
      throws Exception {
    Masker masker = masker();
    Batch batch = new Batch();
    Delivery original = ReceivedMessages.delivery("original");
    Delivery replay = ReceivedMessages.replay(original);
    batch.add(original, masker.mask(events(first, "original")));
    batch.add(replay, masker.mask(events(second, "replay")));

    assertThat(load(batch.parameters(new Vault(List.of()), new SuppressionList(masker))))
        .as("one is new, and the other a duplicate")
        .isEqualTo(1);

    assertThat(database.query("SELECT user_id, count(*) FROM user_logins GROUP BY 1"))
        .containsExactly(List.of("original", "" + first));
  }

  private static List<ObjectNode> events(int count, String user) {
    return IntStream.range(0, count).mapToObj(i -> Events.login(i).put("user_id", user)).toList();
  }

  private static Masker masker() throws Exception {
    return new Masker(
        FixedKeys.of(0x01020304, 0x0b),
        Contract.read(Path.of("routes/login.schema.json")).personal());
  }

  @Test
  void overlappingBatchesAtTheSameTimeGiveOneRowPerMessageAndNoDeadlock() throws Exception {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      rows.add(row(UUID.randomUUID(), "2.3.0"));
    }
    ExecutorService loaders = Executors.newFixedThreadPool(4);
    List<Callable<Integer>> batches = new ArrayList<>();
    Random random = new Random(42);
    for (int i = 0; i < 40; i++) {
      List<String> shuffled = new ArrayList<>(rows);
      Collections.shuffle(shuffled, random);
      String[] batch = shuffled.subList(0, 400).toArray(String[]::new);
      batches.add(() -> load(batch));
    }

    int inserted = 0;
    for (Future<Integer> batch : loaders.invokeAll(batches)) {
      inserted += batch.get();
    }
    loaders.shutdown();

    assertThat(database.number("SELECT count(*) FROM user_logins")).isEqualTo(inserted);
    assertThat(database.number("SELECT count(*) FROM cameleon.ingested_message"))
        .isEqualTo(inserted);
  }

  @ParameterizedTest
  @CsvSource({"2.3.0, 2", "0.96, 0", "2.00, 2", "10, 10", "123456789.1, 123456789"})
  void theVersionIsItsMajorNumber(String version, int major) throws Exception {
    load(row(UUID.randomUUID(), version));

    assertThat(database.number("SELECT app_version FROM user_logins")).isEqualTo(major);
  }

  @Test
  void theDateIsTheUtcDayOfSendingInAnyTimeZoneOfTheProcess() throws Exception {
    TimeZone before = TimeZone.getDefault();
    TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Kiritimati")); // UTC+14
    try {
      load(row(UUID.randomUUID(), "1.0").replace("2026-03-01T12:00:00Z", "2026-02-28T23:59:59.9Z"));
    } finally {
      TimeZone.setDefault(before);
    }

    assertThat(database.query("SELECT create_date FROM user_logins"))
        .containsExactly(List.of("2026-02-28"));
  }

  @Test
  void anEmptyBatchIsFine() throws Exception {
    assertThat(load()).isZero();
  }

  @Test
  void aBareWordOfSqlIsRefusedAndNamesThatNeedQuotesAreNamed(@TempDir Path folder)
      throws Exception {
    Path contract =
        Files.writeString(
            folder.resolve("login.schema.json"),
            """
            {"properties": {"user": {"type": "string"}, "orderId": {"type": "string"}, "order": {"type": "string"},
              "time": {"type": "string"}, "name": {"type": "string"}, "a\\"b": {"type": "string", "x-pii": "ip"}}}
            """);
    Path sql =
        Files.writeString(
            folder.resolve("load.sql"),
            "INSERT INTO public.user_logins (user_id)\n-- user\nSELECT \"user\" || event.user || 'user'\n"
                + "|| user AS user FROM event");
    LoadSql file = LoadSql.read(sql);

    assertThat(InsertCheck.misread(file, Contract.read(contract)))
        .singleElement()
        .asString()
        .endsWith(
            "load.sql:4:4: user is a keyword of PostgreSQL here; for the column of event"
                + " write \"user\"");
    try (Connection connection = Database.connect(login())) {
      InsertCheck own = new InsertCheck(file, Contract.read(contract));
      assertThat(own.quotedNames(connection)).containsExactly("user", "orderId", "order", "a\"b");
      assertThat(own.problems(connection)).isEmpty();
    }
  }

  private int load(String... rows) throws Exception {
    return load(new LoadParameters("[" + String.join(",", rows) + "]", VaultEntries.NONE));
  }

  private int load(LoadParameters parameters) throws Exception {
    try (Connection connection = Database.connect(login())) {
      return statement.run(connection, parameters).get(LoadStatement.LOADED).intValue();
    }
  }

  private Database.Login login() {
    return new Database.Login(database.url(), "postgres", "postgres");
  }

  private static String row(UUID id, String version) {
    return String.format(
        "{\"message_id\":\"%s\",\"event_number\":1,\"sent_at\":\"2026-03-01T12:00:00Z\",\"user_id\":\"u\","
            + "\"app_version\":\"%s\",\"device_type\":\"ios\",\"ip\":\"ip_x\",\"locale\":null,"
            + "\"device_id\":\"device_x\"}",
        id, version);
  }
}

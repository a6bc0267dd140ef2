package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.db.Database;
import dev.cameleon.db.Migrations;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.Masker;
import dev.cameleon.mask.Token;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.Shared;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The values that {@link Retokenization} rewrites, and those that it does not change. */
class RetokenizationTest extends RetokenizationFixture {
  @Test
  void rowsVaultAndSubjectsHaveTheTokensOfTheNewestKey() throws Exception {
    beginWithTheFirstKey();
    execute(300, n -> row("u" + n, ip(FIRST, n % 100), device(FIRST, n)));
    execute(100, n -> entry(ip(FIRST, n)));
    String subject = new Masker(FIRST, BOTH).subjects("ada").get(0);
    database.execute("INSERT INTO cameleon.suppressed (subject) VALUES ('" + subject + "')");

    database.execute("INSERT INTO cameleon.erased_token VALUES ('" + ip(FIRST, 7) + "', now())");

    RetokenizationResult result = retokenize(SECOND);

    assertThat(database.query("SELECT token FROM cameleon.erased_token"))
        .containsExactly(List.of(ip(SECOND, 7)));
    assertThat(database.query(ROWS))
        .containsExactlyInAnyOrderElementsOf(
            list(300, n -> List.of("u" + n, ip(SECOND, n % 100), device(SECOND, n))));
    assertThat(result.rows()).isEqualTo(300);
    assertThat(result.entries()).isEqualTo(100);
    assertThat(result.subjects()).isEqualTo(1);
    assertThat(result.unknown()).isEmpty();
    assertThat(database.query("SELECT token FROM cameleon.vault"))
        .containsExactlyInAnyOrderElementsOf(list(100, n -> List.of(ip(SECOND, n))));
    assertThat(database.query("SELECT subject FROM cameleon.suppressed"))
        .containsExactly(List.of(new Masker(SECOND, BOTH).subjects("ada").get(1)));
    assertThat(database.number("SELECT count(*) FROM cameleon.duplicate_ips")).isEqualTo(100);
  }

  @Test
  void theActIsInTheAuditWithItsBeginAndItsEnd() throws Exception {
    beginWithTheFirstKey();
    database.execute(row("u", ip(FIRST, 1), null));

    RetokenizationResult result = retokenize(SECOND);

    List<List<String>> acts =
        database.query(
            "SELECT act, detail, encode(hash, 'hex') FROM cameleon.audit WHERE act = 'retokenize' ORDER BY seq");
    assertThat(acts).hasSize(2);
    assertThat(acts.get(0)).startsWith("retokenize", "begin: to key 00000002");
    assertThat(acts.get(1).get(1))
        .isEqualTo(
            "end: to key 00000002, retired 00000001, rows 1, vault entries 0, subjects 0, tokens of"
                + " unknown keys 0");
    assertThat(acts.get(1).get(2)).isEqualTo(result.head());
  }

  @Test
  void randomTokensForeignOnesAndUserIdsThatLookLikeOneStay() throws Exception {
    beginWithTheFirstKey();
    String erased = Token.random("ip");
    String foreign = ip(FixedKeys.of(0xabcdef01, 7), 1);
    String lookalike = ip(FIRST, 1);
    database.execute(row(lookalike, erased, foreign));
    database.execute(row("plain", "not a token_00000001", null));

    RetokenizationResult result = retokenize(SECOND);

    assertThat(result.rows()).isZero();
    assertThat(result.unknown()).containsExactly(Map.entry("abcdef01", 1L));
    assertThat(database.query(ROWS))
        .containsExactlyInAnyOrder(
            List.of(lookalike, erased, foreign),
            Arrays.asList("plain", "not a token_00000001", null));
  }

  @Test
  void columnsThatAnOperatorAddedAreRewrittenUnderAnyName() throws Exception {
    beginWithTheFirstKey();
    database.execute("ALTER TABLE user_logins ADD COLUMN \"Padded?\" char(60)");
    database.execute(
        "INSERT INTO user_logins (user_id, \"Padded?\") VALUES ('u', '" + ip(FIRST, 1) + "')");

    retokenize(SECOND);

    assertThat(database.query("SELECT \"Padded?\"::text FROM user_logins"))
        .containsExactly(List.of(ip(SECOND, 1)));
  }

  @Test
  void everyPartitionIsRewrittenEvenIfTheTokenIsThePartitionKey() throws Exception {
    database = Shared.postgres().database(); // the table must be there before the migrations
    database.execute(
        """
        CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32),
          masked_ip varchar(256), maked_device_id varchar(256), locale varchar(32),
          app_version integer, create_date date) PARTITION BY LIST (locale);
        CREATE TABLE logins_ru PARTITION OF user_logins FOR VALUES IN ('RU')
          PARTITION BY HASH (masked_ip);
        CREATE TABLE logins_ru_0 PARTITION OF logins_ru FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE logins_ru_1 PARTITION OF logins_ru FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        CREATE TABLE logins_else PARTITION OF user_logins DEFAULT
        """);
    Migrations.migrate(new Database.Login(database.url(), "postgres", "postgres"));
    beginWithTheFirstKey();
    execute(200, n -> row("u" + n, ip(FIRST, n), device(FIRST, n)));
    database.execute("UPDATE user_logins SET locale = 'RU' WHERE user_id LIKE '%0'");

    retokenize(SECOND);

    assertThat(database.query(ROWS))
        .containsExactlyInAnyOrderElementsOf(
            list(200, n -> List.of("u" + n, ip(SECOND, n), device(SECOND, n))));
  }

  @Test
  void twoRotationsAtOnceEndInOneEntryPerValue() throws Exception {
    beginWithTheFirstKey();
    assertThat(problems(SECOND)).isEmpty();
    database.execute(row("a", ip(FIRST, 1), device(FIRST, 1)));
    database.execute(row("b", ip(SECOND, 1), device(SECOND, 2)));
    database.execute(entry(ip(FIRST, 1)));
    database.execute(entry(ip(SECOND, 1)));

    RetokenizationResult result = retokenize(THIRD);

    assertThat(database.query("SELECT masked_ip FROM user_logins"))
        .containsExactly(List.of(ip(THIRD, 1)), List.of(ip(THIRD, 1)));
    assertThat(database.query("SELECT token FROM cameleon.vault"))
        .containsExactly(List.of(ip(THIRD, 1)));
    assertThat(result.dropped()).isEqualTo(1);
    assertThat(database.query("SELECT key_id FROM cameleon.mask_key WHERE retired_at IS NULL"))
        .containsExactly(List.of("00000003"));
  }

  @Test
  void anEntryThatALoaderHasWrittenUnderTheNewTokenIsTheOneThatStays() throws Exception {
    beginWithTheFirstKey();
    database.execute(entry(ip(FIRST, 1)));
    database.execute(entry(ip(SECOND, 1)));
    String entry = database.query(entryOf(ip(SECOND, 1))).get(0).get(0);

    RetokenizationResult result = retokenize(SECOND);

    assertThat(database.query("SELECT entry::text FROM cameleon.vault"))
        .containsExactly(List.of(entry));
    assertThat(result.dropped()).isEqualTo(1);
    assertThat(result.entries()).isZero();
  }

  @Test
  void aKeysetThatIsForeignOrNotTheNewestIsRefusedAndChangesNothing() throws Exception {
    try (Connection connection = database.connect()) {
      assertThat(problem(connection, SECOND)).contains("has no mask key yet");
      assertThat(problems(FIRST)).isEmpty();
      assertThat(problems(THIRD)).isEmpty();
      assertThat(problem(connection, SECOND)).contains("is not the newest").contains("00000003");
      assertThat(problem(connection, FixedKeys.of(9, 9))).contains("mask key is not the one");
    }
    assertThat(database.query("SELECT key_id FROM cameleon.mask_key ORDER BY key_id"))
        .containsExactly(List.of("00000001"), List.of("00000002"), List.of("00000003"));
  }

  private static String problem(Connection connection, Keyset keyset) throws SQLException {
    return Retokenization.begin(connection, keyset).orElseThrow().problem().orElse("");
  }
}

package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.support.FixedKeys;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Columns of any type, collation and name: no token is missed, and no used entry is deleted. */
class HostileColumnsTest extends TablesFixture {
  @Test
  void aPersonsIdIsFoundInAColumnOfAnotherType() throws Exception {
    site.database()
        .execute(
            """
            CREATE TABLE shop.u (who uuid); CREATE TABLE shop.n (who numeric(12, 2));
            CREATE TABLE shop.i (who integer); CREATE TABLE shop.c (who char(40));
            INSERT INTO shop.u VALUES ('424cdd21-0000-4000-8000-00000000000a');
            INSERT INTO shop.n VALUES (4711), (4712); INSERT INTO shop.i VALUES (4711), (4712);
            INSERT INTO shop.c VALUES ('4711'), ('4712')
            """);
    recorded("shop", "shop.u(who) delete, shop.n(who) delete, shop.i(who) delete, shop.c(who)");

    assertThat(erase("4711", false, (time, why) -> {}).rows()).isEqualTo(3);
    assertThat(erase("424CDD21-0000-4000-8000-00000000000A", false, (time, why) -> {}).rows())
        .isEqualTo(1);
  }

  @Test
  void rowsThatAPolicyHidesFromTheOfficerStopEveryCommand() throws Exception {
    site.database()
        .execute(
            "CREATE TABLE shop.visits (who varchar(64), ip text);"
                + " INSERT INTO shop.visits VALUES ('ada', '"
                + ada
                + "');"
                + " ALTER TABLE shop.visits ENABLE ROW LEVEL SECURITY");
    recorded("shop", "shop.visits(who)");
    site.database().execute("DELETE FROM user_logins");

    assertThatThrownBy(this::prune).isInstanceOf(SQLException.class);
    assertThatThrownBy(this::eraseAda).isInstanceOf(SQLException.class);
    assertThatThrownBy(() -> Doctor.examine(officer)).isInstanceOf(SQLException.class);
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));
    assertThatThrownBy(this::retokenize).isInstanceOf(SQLException.class);
    assertThat(site.reveal(ada)).containsExactly(OWN_IP);
  }

  /**
   * {@code check} rejects such a load.sql; a site that uses it anyway must not lose the originals.
   */
  @Test
  void tokensWhereErasureDoesNotReachKeepTheirEntriesAndAreNamed() throws Exception {
    site.database()
        .execute(
            """
            CREATE TABLE shop.docs (who varchar(64), doc jsonb, list varchar[], plain json,
              copy text GENERATED ALWAYS AS (doc ->> 'ip') STORED);
            INSERT INTO shop.docs (who, doc) VALUES ('eve', '{"ip": "%s", "x": "a%%b"}');
            INSERT INTO shop.docs (who, list) VALUES ('eve', ARRAY['%s']);
            INSERT INTO shop.docs (who, plain) VALUES ('eve', '["%s"]');
            DELETE FROM user_logins
            """
                .formatted(ada, shared, site.ip("192.0.2.9")));
    recorded("shop", "shop.docs(who)");

    assertThat(doctor(Doctor.Verdict.WRONG).toString())
        .contains("shop.docs.doc", "shop.docs.list", "shop.docs.plain");
    assertThat(prune().entries()).isEqualTo(3); // the devices

    assertThat(site.reveal(ada)).containsExactly(OWN_IP);
    assertThat(site.reveal(shared)).containsExactly(SHARED_IP);
    assertThat(site.reveal(site.ip("192.0.2.9"))).containsExactly("192.0.2.9");
    assertThatThrownBy(() -> erase("eve", false, (time, why) -> {}))
        .isInstanceOf(PreventedException.class)
        .hasMessageContaining("shop.docs")
        .hasMessageContaining("doc");
    assertThat(site.database().number("SELECT count(*) FROM shop.docs WHERE who = 'eve'"))
        .isEqualTo(3);
    recorded("shop", "shop.docs(who) delete");
    assertThat(erase("eve", false, (time, why) -> {}).rows()).isEqualTo(3);
  }

  @Test
  void columnsOfAnyTextTypeAndCollationAreSearched() throws Exception {
    site.database()
        .execute(
            """
            CREATE COLLATION shop.nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            CREATE DOMAIN shop.token AS varchar(64) CHECK (value <> '');
            CREATE TABLE shop.texts (who varchar(64) COLLATE shop.nocase, a text COLLATE "C",
              b varchar COLLATE "POSIX", c char(64), d shop.token, e text COLLATE shop.nocase)
            """);
    site.database()
        .execute(
            "INSERT INTO shop.texts SELECT 'ada', t, t, t, t, t FROM (VALUES ('%s')) v (t)"
                .formatted(ada));
    site.database().execute("DELETE FROM user_logins");
    recorded("shop", "shop.texts(who)");

    assertThat(doctor(Doctor.Verdict.WRONG)).isEmpty();
    prune();
    assertThat(site.reveal(ada)).containsExactly(OWN_IP);
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));
    retokenize();
    String renewed = site.ip(OWN_IP);
    assertThat(site.database().query("SELECT a, b, c::text, d, e FROM shop.texts"))
        .containsExactly(List.of(renewed, renewed, renewed, renewed, renewed));
    assertThat(eraseAda().rows()).isEqualTo(1);
    assertThat(site.database().query("SELECT a, b, c, d, e FROM shop.texts").toString())
        .doesNotContain("_22222222_");
    assertThat(site.reveal(renewed)).isEmpty();
  }

  @Test
  void anyNameOfATableOrColumnIsOnlyAName() throws Exception {
    String evil = "a\"; DROP TABLE user_logins; --.?:subject 'é%s\\";
    String quoted = '"' + evil.replace("\"", "\"\"") + '"';
    site.database()
        .execute(
            "CREATE SCHEMA %1$s; CREATE TABLE %1$s.%1$s (%1$s varchar(64), \"?:x'\\\" text, \"ip\" text)"
                .formatted(quoted));
    site.database()
        .execute("INSERT INTO %1$s.%1$s VALUES ('ada', '%2$s', '%2$s')".formatted(quoted, ada));
    recorded("shop", "%1$s.%1$s(%1$s)".formatted(quoted));

    assertThat(doctor(Doctor.Verdict.WRONG)).isEmpty();
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));
    retokenize();
    assertThat(eraseAda().rows()).isEqualTo(4);
    assertThat(site.database().query("SELECT ip FROM %1$s.%1$s".formatted(quoted)).get(0).get(0))
        .startsWith("ip_00000000_");
    assertThat(site.reveal(site.ip(OWN_IP))).isEmpty();
  }

  @Test
  void rowsMoveBetweenPartitionsWhenTheirKeyIsErasedOrRotated() throws Exception {
    site.database()
        .execute(
            """
            CREATE TABLE shop.parts (who varchar(64), ip text) PARTITION BY HASH (who, ip);
            CREATE TABLE shop.p0 PARTITION OF shop.parts FOR VALUES WITH (MODULUS 3, REMAINDER 0);
            CREATE TABLE shop.p1 PARTITION OF shop.parts FOR VALUES WITH (MODULUS 3, REMAINDER 1);
            CREATE TABLE shop.p2 (who varchar(64), ip text);
            """);
    recorded("shop", "shop.parts(who)");
    site.database()
        .execute(
            "ALTER TABLE shop.parts ATTACH PARTITION shop.p2 FOR VALUES WITH (MODULUS 3, REMAINDER 2);"
                + " INSERT INTO shop.parts SELECT CASE n % 2 WHEN 0 THEN 'ada' ELSE 'p' || n END, '"
                + ada
                + "' FROM generate_series(1, 60) n");
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));

    retokenize();
    assertThat(eraseAda().rows()).isEqualTo(30 + 3);

    assertThat(site.database().number("SELECT count(*) FROM shop.parts")).isEqualTo(60);
    assertThat(
            site.database()
                .number("SELECT count(*) FROM shop.parts WHERE ip = '" + site.ip(OWN_IP) + "'"))
        .isEqualTo(30);
    assertThat(site.reveal(site.ip(OWN_IP))).containsExactly(OWN_IP);
  }

  @Test
  void aTokenThatIsAForeignKeyIsRotatedByItsCascadeAndNotErasedAlone() throws Exception {
    site.database()
        .execute(
            """
            CREATE TABLE shop.a_people (ip text PRIMARY KEY);
            CREATE TABLE shop.b_orders (ip text REFERENCES shop.a_people ON UPDATE CASCADE);
            INSERT INTO shop.a_people VALUES ('%1$s'); INSERT INTO shop.b_orders VALUES ('%1$s')
            """
                .formatted(ada));
    recorded("shop", "shop.a_people(), shop.b_orders()");
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));

    retokenize();

    String renewed = site.ip(OWN_IP);
    assertThat(site.database().query("TABLE shop.a_people UNION ALL TABLE shop.b_orders"))
        .containsExactly(List.of(renewed), List.of(renewed));
    assertThatThrownBy(() -> eraseTokens(List.of(renewed)))
        .isInstanceOf(PreventedException.class)
        .hasMessageContaining("b_orders_ip_fkey");
    assertThat(site.reveal(renewed)).containsExactly(OWN_IP);
  }
}

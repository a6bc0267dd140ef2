package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.db.LoadedTable;
import dev.cameleon.db.TableRecord;
import dev.cameleon.support.FixedKeys;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tables, links, columns and names that an operator may have: no row is missed, none too many. */
class HostileTablesTest extends ErasureFixture {
  private static final String NEVER_ERASED = " WHERE ip NOT LIKE 'ip\\_00000000\\_%' OR ip IS NULL";

  private String ada;
  private String shared;

  @BeforeEach
  void schema() {
    site.database().execute("CREATE SCHEMA shop");
    ada = site.ip(OWN_IP);
    shared = site.ip(SHARED_IP);
  }

  private List<String> record(String pipeline, String tables) throws SQLException {
    try (Connection connection = site.database().connect()) {
      return new TableRecord(pipeline, "who", LoadedTable.parse(tables), Set.of()).save(connection);
    }
  }

  private void recorded(String pipeline, String tables) throws SQLException {
    assertThat(record(pipeline, tables)).isEmpty();
  }

  private ErasureResult eraseAda() throws Exception {
    return erase("ada", false, (time, why) -> {});
  }

  private Erasure.Pruned prune() throws Exception {
    try (Erasure erasure = Erasure.open(officer, Duration.ZERO, (time, why) -> {})) {
      return erasure.prune("PRIV-2");
    }
  }

  private List<String> doctor(Doctor.Verdict verdict) throws Exception {
    return Doctor.examine(officer).stream()
        .filter(finding -> finding.verdict() == verdict)
        .map(finding -> finding.check() + ": " + finding.detail())
        .toList();
  }

  /** One pipeline knows the person of an order, another one the way to the account's. */
  @Test
  void twoWaysToAPersonInTwoPipelinesAreBothFollowedWithWhatLeadsThere() throws Exception {
    site.database()
        .execute(
            """
            CREATE TABLE shop.logins (id int PRIMARY KEY, who varchar(64));
            CREATE TABLE shop.accounts (id int PRIMARY KEY, login_id int);
            CREATE TABLE shop.orders (id int PRIMARY KEY, who varchar(64), account_id int);
            CREATE TABLE shop.items (order_id int, ip text);
            INSERT INTO shop.logins VALUES (1, 'ada'), (2, 'ben');
            INSERT INTO shop.accounts VALUES (1, 1), (2, 2), (3, NULL);
            INSERT INTO shop.orders VALUES (1, 'ada', NULL), (2, NULL, 1), (3, 'ben', 2), (4, NULL, 3);
            INSERT INTO shop.items SELECT n, '%s' FROM unnest(ARRAY[1, 2, 3, 4, NULL]) n
            """
                .formatted(ada));
    recorded("items", "shop.items via order_id = shop.orders.id, shop.orders(who)");
    recorded(
        "accounts",
        "shop.orders via account_id = shop.accounts.id, shop.accounts via login_id ="
            + " shop.logins.id, shop.logins(who)");

    eraseAda();

    assertThat(
            site.database().query("SELECT order_id FROM shop.items" + NEVER_ERASED + " ORDER BY 1"))
        .isEqualTo(
            site.database()
                .query(
                    "SELECT order_id FROM shop.items WHERE order_id > 2 OR order_id IS NULL ORDER BY 1"));
    assertThat(site.database().query("SELECT who FROM shop.orders ORDER BY id").get(2))
        .containsExactly("ben");
    assertThat(site.database().number("SELECT count(*) FROM shop.logins WHERE who = 'ada'"))
        .isZero();
    assertThat(site.reveal(ada)).containsExactly(OWN_IP); // of the items that are nobody's or Ben's
  }

  @Test
  void aCircleThroughTwoPipelinesIsRefused() throws Exception {
    site.database()
        .execute(
            "CREATE TABLE shop.x (id int, y_id int, who text); CREATE TABLE shop.y (id int, x_id int, who text)");
    recorded("one", "shop.x via y_id = shop.y.id, shop.y(who)");

    assertThat(record("two", "shop.y via x_id = shop.x.id, shop.x(who)"))
        .singleElement()
        .asString()
        .contains("in a circle");
    assertThat(
            site.database()
                .number("SELECT count(*) FROM cameleon.loaded_table WHERE pipeline = 'two'"))
        .isZero();
  }

  /** Not resolved in the parent, the name must not mean the child's own column. */
  @Test
  void aLinkWhoseColumnIsGoneDeletesNothing() throws Exception {
    site.database()
        .execute(
            """
            CREATE TABLE shop.orders (id int, who varchar(64));
            CREATE TABLE shop.items (id int, order_id int);
            INSERT INTO shop.orders VALUES (1, 'ada');
            INSERT INTO shop.items VALUES (7, 7), (8, 8);
            """);
    recorded("shop", "shop.orders(who) delete, shop.items via order_id = shop.orders.id delete");
    site.database().execute("ALTER TABLE shop.orders RENAME id TO number");

    assertThatThrownBy(this::eraseAda)
        .isInstanceOf(SQLException.class)
        .extracting(e -> ((SQLException) e).getSQLState())
        .isEqualTo("42703");
    assertThat(site.database().number("SELECT count(*) FROM shop.items")).isEqualTo(2);
  }

  @Test
  void aLinkBetweenTypesThatCannotBeComparedIsRefusedWhenDeclared() throws Exception {
    site.database()
        .execute(
            "CREATE TABLE shop.orders (id bigint, who varchar(64)); CREATE TABLE shop.items (order_id text)");

    assertThat(record("shop", "shop.orders(who), shop.items via order_id = shop.orders.id"))
        .singleElement()
        .asString()
        .contains("shop.items", "text = bigint");
    assertThat(
            site.database()
                .number("SELECT count(*) FROM cameleon.loaded_table WHERE pipeline = 'shop'"))
        .isZero();
  }

  @Test
  void tablesThatReferToOthersAreDeletedFirstWhateverTheirNames() throws Exception {
    site.database()
        .execute(
            """
            CREATE TABLE shop.a_orders (id int PRIMARY KEY, who text);
            CREATE TABLE shop.b_items (order_id int REFERENCES shop.a_orders, who text);
            CREATE TABLE shop.c_notes (order_id int REFERENCES shop.a_orders, who text);
            INSERT INTO shop.a_orders VALUES (1, 'ada'), (2, 'ben');
            INSERT INTO shop.b_items VALUES (1, 'ada'), (2, 'ben');
            INSERT INTO shop.c_notes VALUES (1, 'ada'), (2, 'ben')
            """);
    recorded(
        "shop", "shop.a_orders(who) delete, shop.b_items(who) delete, shop.c_notes(who) delete");

    assertThat(eraseAda().rows()).isEqualTo(3 + 3);
  }

  /** The row of another person, or of nobody, refers to the row that erasure would delete. */
  @Test
  void aForeignKeyThatForbidsTheDeletionIsNamedAndNothingChanges() throws Exception {
    site.database()
        .execute(
            """
            CREATE TABLE shop.orders (id int PRIMARY KEY, who text);
            CREATE TABLE shop.items (order_id int CONSTRAINT of_order REFERENCES shop.orders);
            INSERT INTO shop.orders VALUES (1, 'ada'); INSERT INTO shop.items VALUES (1)
            """);
    recorded("shop", "shop.orders(who) delete");

    assertThatThrownBy(this::eraseAda)
        .isInstanceOf(PreventedException.class)
        .hasMessageContaining("constraint of_order");
    assertThat(site.database().number("SELECT count(*) FROM user_logins WHERE user_id = 'ada'"))
        .isEqualTo(3);
  }

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

  /** {@code check} refuses such a load.sql; who loaded it anyway must not lose the originals. */
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

  /** Its functions would run with an officer's rights, or with those of the schema's owner. */
  @Test
  void aViewInPlaceOfARecordedTableIsNoTable() throws Exception {
    site.database().execute("CREATE TABLE shop.visits (who varchar(64), ip text)");
    recorded("shop", "shop.visits(who)");
    site.database()
        .execute(
            "DROP TABLE shop.visits; CREATE VIEW shop.visits AS SELECT 'ada' AS who, 1 / 0 AS ip");

    assertThatThrownBy(this::eraseAda)
        .isInstanceOf(PreventedException.class)
        .hasMessageContaining("shop.visits, which a pipeline loads, does not exist any more");
    assertThatThrownBy(() -> site.database().query("SELECT cameleon.table_of('shop.visits')"))
        .rootCause()
        .hasMessageContaining("the recorded table shop.visits does not exist");
  }

  @Test
  void removingATableTakesTheRolesRightsInItBack() throws Exception {
    site.database().execute("CREATE TABLE shop.visits (who text, ip text)");
    recorded("one", "shop.visits(who) delete");
    recorded("two", "shop.visits(who)");
    String rights =
        "SELECT string_agg(DISTINCT grantee || ' ' || privilege_type, ', ') FROM"
            + " information_schema.table_privileges WHERE table_schema = 'shop' AND grantee LIKE"
            + " 'cameleon%'";
    assertThat(site.database().query(rights).get(0).get(0)).contains("cameleon_officer DELETE");

    try (Connection connection = site.database().connect()) {
      assertThat(TableRecord.remove(connection, "shop.visits")).isEqualTo(2);
    }

    assertThat(site.database().query(rights).get(0).get(0)).isNull();
  }
}

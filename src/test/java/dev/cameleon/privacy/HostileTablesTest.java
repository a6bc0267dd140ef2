package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.db.TableRecord;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/**
 * References, keys and names of tables that an operator may have: no row is missed, and no other
 * row is affected.
 */
class HostileTablesTest extends TablesFixture {
  private static final String NEVER_ERASED = " WHERE ip NOT LIKE 'ip\\_00000000\\_%' OR ip IS NULL";

  /** One pipeline declares the person of an order, another one the reference to the account. */
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

  /** A name that does not exist in the parent must not resolve to the child's own column. */
  @Test
  void aReferenceThroughAMissingColumnDeletesNothing() throws Exception {
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
  void tablesThatReferToOthersAreDeletedFirstUnderAnyName() throws Exception {
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

  /** A row of another person, or of nobody, refers to the row that erasure would delete. */
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

  /** Its functions would run with an officer's rights, or with those of the schema's owner. */
  @Test
  void aViewInPlaceOfARecordedTableDoesNotCountAsTheTable() throws Exception {
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
  void removingATableRevokesTheRolesRightsOnIt() throws Exception {
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

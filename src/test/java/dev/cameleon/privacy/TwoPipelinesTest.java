package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.LoginRole;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** No command for personal data misses the rows of a second pipeline. */
class TwoPipelinesTest extends TwoPipelinesFixture {
  @Test
  void pruneKeepsEntriesThatRowsOfTheOtherPipelineUse() throws Exception {
    site.database().execute("DELETE FROM user_logins WHERE user_id = 'ada'");

    Erasure.Pruned pruned = prune();

    assertThat(pruned.entries()).isEqualTo(1); // her device
    assertThat(site.reveal(site.ip(OWN_IP))).containsExactly(OWN_IP);
    assertThat(site.reveal(email("ada@example.org"))).containsExactly("ada@example.org");
    assertThat(site.reveal(phone("030 2"))).containsExactly("030 2");
    assertThat(tokensWithoutEntry()).isZero();
  }

  @Test
  void anErasedPersonGoesFromTheTablesOfBothPipelinesAndOthersStay() throws Exception {
    List<List<String>> others = site.database().query(ROWS_OF_OTHERS);
    List<List<String>> bens = site.database().query(ALL).subList(3, 4);

    ErasureResult done = erase("ada", false, (time, why) -> {});

    assertThat(done.rows()).isEqualTo(3 + 2 + 3);
    assertThat(done.isFinished()).isTrue();
    List<List<String>> rows = site.database().query(ALL);
    assertThat(rows.subList(3, 4)).isEqualTo(bens);
    assertThat(rows.subList(0, 3))
        .allSatisfy(
            row -> {
              assertThat(row.get(1)).matches("[0-9a-f]{8}-[0-9a-f-]{27}");
              assertThat(row.get(2)).startsWith("email_00000000_");
              assertThat(row.get(3)).startsWith("ip_00000000_");
              assertThat(row.get(5)).startsWith("phone_00000000_");
            });
    assertThat(site.database().query(ROWS_OF_OTHERS)).isEqualTo(others);
    assertThat(site.reveal(email("ada@example.org"))).isEmpty();
    assertThat(site.reveal(phone("030 2"))).isEmpty();
    assertThat(site.reveal(site.ip(OWN_IP))).isEmpty();
    assertThat(site.reveal(phone("030 1"))).containsExactly("030 1"); // Ben's too
    assertThat(site.reveal(site.ip(SHARED_IP))).containsExactly(SHARED_IP);
    assertThat(tokensWithoutEntry()).isZero();
  }

  @Test
  void anErasedValueGoesFromTheTablesOfBothPipelines() throws Exception {
    ErasureResult done = eraseTokens(List.of(site.ip(SHARED_IP)));

    assertThat(done.rows()).isEqualTo(3 + 2);
    assertThat(site.reveal(site.ip(SHARED_IP))).isEmpty();
    assertThat(
            site.database()
                .number("SELECT count(*) FROM shop.orders WHERE ip LIKE 'ip\\_00000000\\_%'"))
        .isEqualTo(2);
  }

  @Test
  void rowsOfTablesDeclaredWithDeleteAreDeletedChildrenFirst() throws Exception {
    assertThat(
            record(
                "shop.orders(customer_id) delete,"
                    + " shop.order_items via order_id = shop.orders.id delete"))
        .isEmpty();

    assertThat(erase("ada", false, (time, why) -> {}).rows()).isEqualTo(3 + 2 + 3);

    assertThat(site.database().query(ALL)).hasSize(1).allMatch(row -> row.get(1).equals("ben"));
    assertThat(site.reveal(email("ada@example.org"))).isEmpty();
    assertThat(site.reveal(phone("030 1"))).containsExactly("030 1");
    assertThat(tokensWithoutEntry()).isZero();
  }

  @Test
  void aTriggerThatKeepsTheRowsPreventsTheErasure() throws Exception {
    record(
        "shop.orders(customer_id) delete, shop.order_items via order_id = shop.orders.id delete");
    site.database()
        .execute(
            "CREATE FUNCTION shop.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
                + " CREATE TRIGGER keep BEFORE DELETE ON shop.orders FOR EACH ROW EXECUTE FUNCTION"
                + " shop.keep()");
    List<List<String>> before = site.database().query(ALL);

    assertThatThrownBy(() -> erase("ada", false, (time, why) -> {}))
        .isInstanceOf(PreventedException.class)
        .hasMessageContaining("shop.orders still has 2 rows");
    assertThat(site.database().query(ALL)).isEqualTo(before);
  }

  @Test
  void aRotationRewritesBothPipelinesAndTheVault() throws Exception {
    site.use(FixedKeys.of(0x11111111, 0x0b, 0x22222222, 0x0d));

    retokenize();

    assertThat(site.database().query(ALL).toString())
        .doesNotContain("_11111111_")
        .contains(email("ada@example.org"), phone("030 2"), site.ip(OWN_IP));
    assertThat(site.reveal(email("ada@example.org"))).containsExactly("ada@example.org");
    assertThat(tokensWithoutEntry()).isZero();
    assertThat(doctor(Doctor.Verdict.WRONG)).isEmpty();
    assertThat(doctor(Doctor.Verdict.OK))
        .anyMatch(line -> line.startsWith("rows: shop.orders.email by key: 22222222 3"))
        .anyMatch(line -> line.startsWith("rows: shop.order_items.phone by key: 22222222 4"))
        .contains("no entry: no tokens of rows without a vault entry");
  }

  @Test
  void aPersonsRowsOfBothPipelinesAreRevealed() throws Exception {
    LoginRole revealer = LoginRole.in(site.database(), "cameleon_revealer");
    try (Connection connection = revealer.connect()) {
      Reveal reveal =
          new Reveal(connection, site.key(), Optional.of(site.keyset()), "Art. 15", null);

      List<PersonRow> rows = reveal.rowsOf("ada", 100);
      MaskedColumns masked = reveal.maskedColumns();

      assertThat(
              rows.stream().collect(Collectors.groupingBy(PersonRow::table, Collectors.counting())))
          .isEqualTo(Map.of("public.user_logins", 3L, "shop.orders", 2L, "shop.order_items", 3L));
      assertThat(rows.get(rows.size() - 1).label("sku")).isEqualTo("shop.orders.sku");
      assertThat(masked.fits("email", email("ada@example.org"))).isTrue();
      assertThat(masked.fits("phone", phone("030 1"))).isTrue();
      assertThat(masked.fits("sku", phone("030 1"))).isFalse();
    }
  }
}

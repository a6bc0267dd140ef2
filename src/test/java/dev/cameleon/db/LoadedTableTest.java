package dev.cameleon.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.db.LoadedTable.Name;
import dev.cameleon.db.LoadedTable.Via;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Parsing of {@code cameleon.tables}. */
class LoadedTableTest {
  @Test
  void eachFormIsReadAsPostgresReadsNames() {
    assertThat(
            LoadedTable.parse(
                "public.User_Logins(user_id), \"My, Shop\".orders ( \"Customer \"\"id\"\"\" ) delete,"
                    + "public.items via order_id = \"My, Shop\".orders.id DELETE, public.prices()"))
        .containsExactly(
            new LoadedTable(
                new Name("public", "user_logins"), Optional.of("user_id"), Optional.empty(), false),
            new LoadedTable(
                new Name("My, Shop", "orders"),
                Optional.of("Customer \"id\""),
                Optional.empty(),
                true),
            new LoadedTable(
                new Name("public", "items"),
                Optional.empty(),
                Optional.of(new Via("order_id", new Name("My, Shop", "orders"), "id")),
                true),
            new LoadedTable(
                new Name("public", "prices"), Optional.empty(), Optional.empty(), false));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          public.orders                                  | table 1 is not of the form
          orders(customer)                               | table 1 is not of the form
          public.orders(customer),                       | table 2 is not of the form
          public.orders(customer) erase                  | table 1 is not of the form
          public.orders(a, b)                            | table 1 is not of the form
          public.orders(a), public.ORDERS(b)             | names public.orders twice
          public.items via o = public.orders.id          | leads from public.items to public.orders, which is not in the list
          public.a via b = public.b.id, public.b via a = public.a.id | in a circle
          public.items via o = public.orders.id, public.orders(c) delete | has delete for public.orders, but not for public.items
          """)
  void aMistakenDeclarationIsRefused(String text, String said) {
    assertThatThrownBy(() -> LoadedTable.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(said);
  }

  @Test
  void aNameInSqlIsInPublicUnlessItSaysOtherwise() {
    assertThat(Name.of("Orders")).isEqualTo(new Name("public", "orders"));
    assertThat(Name.of("shop . \"Orders\"")).isEqualTo(new Name("shop", "Orders"));
  }
}

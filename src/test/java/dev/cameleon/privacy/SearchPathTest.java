package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.LoginRole;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

/**
 * A database in which everybody may create objects in schema public, as until PostgreSQL 14:
 * functions planted there must not run with the rights of an officer (CVE-2018-1058).
 */
class SearchPathTest extends ErasureFixture {
  /** Functions that match our statements' arguments better than PostgreSQL's own. */
  private static final String PLANTED =
      "CREATE TABLE public.trap (who text);"
          + "GRANT INSERT ON public.trap TO PUBLIC;"
          + "CREATE FUNCTION public.quote_ident(name) RETURNS text LANGUAGE plpgsql AS"
          + " 'BEGIN INSERT INTO public.trap VALUES (current_user);"
          + " RETURN pg_catalog.quote_ident($1::text); END';"
          + "CREATE FUNCTION public.same(varchar, varchar) RETURNS boolean LANGUAGE plpgsql AS"
          + " 'BEGIN INSERT INTO public.trap VALUES (current_user);"
          + " RETURN $1::text OPERATOR(pg_catalog.=) $2::text; END';"
          + "CREATE OPERATOR public.="
          + " (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.same)";

  @Test
  void functionsPlantedInSchemaPublicAreNotCalledByAnOfficer() throws Exception {
    site.database().execute("GRANT CREATE ON SCHEMA public TO PUBLIC");
    LoginRole anybody = LoginRole.in(site.database());
    try (Connection connection = anybody.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(PLANTED);
    }

    ErasureResult erased = erase("ada", true, (time, why) -> {});
    Doctor.examine(officer);
    site.use(FixedKeys.of(0x11111111, 0x0b, 2, 2));
    retokenize();

    assertThat(erased.rows()).isEqualTo(3);
    assertThat(site.database().query("SELECT DISTINCT who FROM public.trap")).isEmpty();
  }
}

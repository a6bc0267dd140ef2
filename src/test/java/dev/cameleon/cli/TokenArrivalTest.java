package dev.cameleon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Commands;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code check} tests whether each token arrives unchanged in a column that the privacy commands
 * search.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokenArrivalTest {
  private static final String CONTRACT =
      """
      {"required": ["id"], "properties": {"id": {"type": "string"},
        "ip": {"type": "string", "x-pii": "ip"},
        "customer": {"type": "object", "properties": {"mail": {"type": "string", "x-pii": "email"}}},
        "lines": {"type": "array", "items": {"type": "object", "properties": {
          "sku": {"type": "string"}, "from": {"type": "string", "x-pii": "ip"}}}}}%s}""";

  private static final String ALL_THREE =
      "INSERT INTO public.t (id, ip, mail) SELECT id, %s, customer ->> 'mail' FROM event"
          + " ON CONFLICT (id) DO UPDATE SET ip = excluded.ip;\n"
          + "INSERT INTO public.l SELECT id, l ->> 'from' FROM event, jsonb_array_elements(lines) l";

  private Path folder;
  private Site site;

  @BeforeAll
  void tables(@TempDir Path shared) throws Exception {
    folder = shared;
    site = Site.in(folder);
    site.migrate();
    site.database()
        .execute(
            """
            CREATE DOMAIN public.token AS varchar(100);
            CREATE TABLE public.t (id text PRIMARY KEY, ip text, mail varchar(64), doc jsonb, list text[],
              short varchar(40), padded char(60), other public.token, plain json);
            CREATE TABLE public.l (id text, ip char(40))
            """);
    site.with("CAMELEON_TABLES", "public.t(), public.l()");
  }

  private String check(int exitCode, String examples, String sql) throws Exception {
    Files.writeString(folder.resolve("routes/login.schema.json"), CONTRACT.formatted(examples));
    Files.writeString(folder.resolve("routes/load.sql"), sql);
    Program.Result result = Commands.run(site.environment(), folder, "check");
    assertThat(result.exitCode()).as(result.out() + result.err()).isEqualTo(exitCode);
    return result.out();
  }

  @Test
  void tokensThatArriveUnchangedAreNotMentioned() throws Exception {
    assertThat(check(0, "", ALL_THREE.formatted("ip"))).doesNotContain("token");
  }

  @ParameterizedTest
  @ValueSource(strings = {"padded", "other", "short"})
  void anyTextTypeThatIsWideEnoughWillDo(String column) throws Exception {
    assertThat(
            check(
                0,
                "",
                ALL_THREE.formatted("NULL")
                    + ";\nINSERT INTO public.t (id, %s) SELECT id || 'x', ip FROM event"
                        .formatted(column)))
        .doesNotContain("token");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ip ; lower(ip) ; with changed upper and lower case",
        "ip ; ip || ' (masked)' ; within a longer text",
        "ip ; left(ip, 24) ; changed or cut off",
        "ip ; replace(ip, '_', '') ; changed or cut off",
        "ip ; to_jsonb(event)::text ; within a longer text",
        "doc ; to_jsonb(ip) ; inside json, an array or another type",
        "doc ; jsonb_build_object('x', ip) ; inside json, an array or another type",
        "plain ; json_build_array(ip) ; inside json, an array or another type",
        "list ; ARRAY[ip] ; inside json, an array or another type",
      })
  void aChangedTokenIsWrongEvenIfAnUnchangedOneArrivesToo(
      String column, String expression, String how) throws Exception {
    String out =
        check(
            2,
            "",
            ALL_THREE.formatted("ip")
                + ";\n\n  INSERT INTO public.t (id, %s) SELECT id || 'x', %s FROM event"
                    .formatted(column, expression));

    assertThat(out)
        .contains("WRONG   load.sql     ")
        .contains("load.sql:4:3: public.t." + column + " gets the token of ip " + how);
  }

  @Test
  void aTokenThatArrivesNowhereIsANote() throws Exception {
    assertThat(check(0, "", ALL_THREE.formatted("md5(ip)")))
        .contains(
            "NOTE    load.sql     no column receives the tokens of these fields unchanged: \"ip\"");
  }

  @Test
  void aFieldThatNoExampleHasIsANote() throws Exception {
    assertThat(
            check(
                0,
                ", \"examples\": [{\"id\": \"a\", \"ip\": \"192.0.2.1\", \"lines\": [{\"from\": \"192.0.2.1\"}, {\"from\": \"192.0.2.1\"}]}]",
                ALL_THREE.formatted("ip")))
        .contains("so their columns were not checked: \"customer.mail\"")
        .doesNotContain("WRONG");
  }
}

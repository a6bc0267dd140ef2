package dev.cameleon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Commands;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Element;

/** The command {@code test} on a real database. */
class TestCommandTest {
  private static final String FILE = "tests/login.yaml";

  @TempDir private Path folder;
  private Site site;

  @BeforeEach
  void migrate() throws Exception {
    site = Site.in(folder);
    site.migrate();
  }

  private Program.Result test(String... more) throws Exception {
    String[] arguments = new String[1 + more.length];
    arguments[0] = "test";
    System.arraycopy(more, 0, arguments, 1, more.length);
    return Commands.run(site.environment(), folder, arguments);
  }

  private void cases(String text) throws Exception {
    Files.writeString(folder.resolve("routes").resolve(FILE), text);
  }

  @Test
  void theShippedCasesPassAndLeaveNothing() throws Exception {
    Program.Result result = test();

    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    assertThat(result.out())
        .contains("ok    routes/tests/login.yaml:4  a good event gives one row")
        .contains("11 cases, 0 failed (all rolled back)")
        .doesNotContain("FAIL", "\u001b");
    for (String table :
        new String[] {"user_logins", "cameleon.ingested_message", "cameleon.mask_key"}) {
      assertThat(site.database().number("SELECT count(*) FROM " + table)).as(table).isZero();
    }
  }

  @Test
  void aDifferenceIsShownAndWrittenAsJunitXml() throws Exception {
    site.edit(FILE, "locale: de-DE\n        app_version: 2", "locale: de\n        app_version: 3");
    site.edit(FILE, "field: ip}\n\n- name: a number", "field: locale}\n\n- name: a number");

    Program.Result result = test("--junit", "report.xml");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out())
        .contains("FAIL  routes/tests/login.yaml:4  a good event")
        .contains(
            """
                  public.user_logins: row 1
                - locale: "de"
                + locale: "de-DE"
                - app_version: 3
                + app_version: 2
            """)
        .contains(
            """
                - dead_letter: {reason: CONTRACT, field: locale}
                + dead_letter: {reason: CONTRACT, field: ip}   # required, but missing: ip
            """)
        .contains("11 cases, 2 failed");
    Element suite =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(folder.resolve("report.xml").toFile())
            .getDocumentElement();
    assertThat(suite.getAttribute("tests")).isEqualTo("11");
    assertThat(suite.getAttribute("failures")).isEqualTo("2");
    assertThat(suite.getElementsByTagName("failure").item(0).getTextContent())
        .contains("- app_version: 3\n+ app_version: 2");
  }

  @Test
  void unexpectedAndMissingRowsAreShown() throws Exception {
    String body =
        "  body: {user_id: u, app_version: '1', device_type: x, ip: 192.0.2.1, device_id: d}\n";
    cases(
        "- name: none\n"
            + body
            + "  rows: {public.user_logins: []}\n- name: two\n"
            + body
            + "  rows: {public.user_logins: [{user_id: u}, {user_id: v}]}\n");

    Program.Result result = test();

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out())
        .contains("public.user_logins: a row that is not expected\n    + {\"user_id\":\"u\",")
        .contains("public.user_logins: row 2 is missing\n    - user_id: \"v\"")
        .doesNotContain("192.0.2.1");
  }

  @Test
  void aRowThatOnConflictMayHaveSwallowedSaysSo() throws Exception {
    site.database()
        .execute(
            "CREATE UNIQUE INDEX ON public.user_logins (user_id);"
                + " INSERT INTO public.user_logins (user_id) VALUES ('u')");
    site.edit("load.sql", "FROM event;", "FROM event ON CONFLICT (user_id) DO NOTHING;");
    cases(
        """
        - name: met
          body: {user_id: u, app_version: '1', device_type: x, ip: 192.0.2.1, device_id: d}
          rows: {public.user_logins: [{user_id: u}]}
        """);

    Program.Result result = test();

    assertThat(result.exitCode()).as(result.err()).isEqualTo(1);
    assertThat(result.out())
        .contains("row 1 is missing; its ON CONFLICT may have met a row that the database has");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "- {name: a, body: {}, rows: {public.other: []}}| :1: load.sql has no INSERT into this table",
        "- {name: a, body: {}, ignored: false}| :1: ignored can only be true",
        "- {name: a, body: {}}| :1: a case needs one of rows, ignored: true or dead_letter",
        "- {name: a, body: {}, dead_letter: {reason: WRONG}}| :1: the reason of a dead letter is one of NOT_JSON, CONTRACT, DATA_REJECTED",
        "- {name: a, body: {}, ignore: true}| :1: unknown key; did you mean ignored?",
        "- {name: a, body: {}, name: b, ignored: true}| :1: a key occurs twice",
        "- {body: {}, ignored: true}| :1: a case needs a name",
        "- {name: a, body: {}, ignored: true, sent_at: noon}| :1: sent_at must be a time",
        "'# nothing'| login.yaml is empty",
        "[]| no case in",
        "'- {name'| login.yaml:1: is not valid YAML",
      })
  void aWrongFileEndsWithTwoAndItsPlace(String text, String problem) throws Exception {
    cases(text);

    Program.Result result = test();

    assertThat(result.exitCode()).as(result.out()).isEqualTo(2);
    assertThat(result.err()).contains(problem);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void aCaseOfAnotherPipelineHasItsOwnTablesAndIgnoredMessages() throws Exception {
    site.database()
        .execute(
            "CREATE TABLE public.orders (id bigint PRIMARY KEY, mail text, seen timestamptz, parts jsonb);"
                + " CREATE TABLE public.items (id bigint REFERENCES public.orders DEFERRABLE INITIALLY DEFERRED,"
                + " price numeric CHECK (price > 0))");
    Files.writeString(
        folder.resolve("routes/login.schema.json"),
        """
        {"x-event": "/detail", "x-ignore": {"required": ["ping"]}, "properties": {
          "id": {"type": "integer"}, "order": {"type": "integer"}, "seen": {"type": "string", "format": "date-time"},
          "mail": {"type": "string", "x-pii": "email"}, "tenant": {"type": "string", "x-attribute": "tenant"},
          "prices": {"type": "array", "items": {"type": "number"}}}}
        """);
    Files.writeString(
        folder.resolve("routes/load.sql"),
        """
        INSERT INTO public.orders (id, mail, seen, parts)
        SELECT id, mail, seen, jsonb_build_object('tenant', tenant, 'mail', mail) FROM event
        ON CONFLICT (id) DO UPDATE SET mail = excluded.mail;
        INSERT INTO public.items SELECT coalesce("order", id), p::numeric FROM event, jsonb_array_elements_text(prices) p
        """);
    cases(
        """
        - name: two tables
          attributes: {tenant: north}
          body: {detail: {id: 1, mail: Ada@Example.org, seen: "2026-01-01T12:00:00+02:00", prices: [2, 1.50]}}
          rows:
            public.orders:
              - id: 1
                seen: "2026-01-01T10:00:00Z"
                parts: {tenant: north, mail: {masked: ada@example.org}}
            public.items: [{price: 1.5}, {price: 2}]
        - {name: ping, body: {ping: 1}, ignored: true}
        - {name: refused, body: {detail: {id: 2, prices: [0]}}, dead_letter: {reason: DATA_REJECTED}}
        - {name: deferred, body: {detail: {id: 2, order: 9, prices: [1]}}, dead_letter: {reason: DATA_REJECTED}}
        """);

    Program.Result result = test();

    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    assertThat(result.out()).contains("4 cases, 0 failed");
    assertThat(site.database().number("SELECT count(*) FROM public.orders")).isZero();
  }

  @Test
  void aMistakeInLoadSqlIsNamedWithItsPlace() throws Exception {
    site.edit("load.sql", "locale, app_version, create_date)", "region, app_version, create_date)");

    Program.Result result = test();

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("load.sql:2:").contains("column \"region\"");
  }

  @Test
  void withoutTablesItSaysWhatToDo() throws Exception {
    Site fresh = Site.onEmptyDatabase(Files.createDirectory(folder.resolve("fresh")));

    Program.Result result = Commands.run(fresh.environment(), folder, "test");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("run: migrate");
  }
}

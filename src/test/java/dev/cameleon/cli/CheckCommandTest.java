package dev.cameleon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Commands;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Program;
import dev.cameleon.support.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mistakes in load.sql and the routes that {@code check} finds before any message arrives. */
class CheckCommandTest {
  @TempDir private Path folder;
  private Site site;

  @BeforeEach
  void migrate() throws Exception {
    site = Site.in(folder);
    site.migrate();
  }

  private void pipeline(String properties, String sql) throws Exception {
    site.database().execute("CREATE TABLE public.t (a bigint, b text)");
    site.with("CAMELEON_TABLES", "public.t()");
    Files.writeString(folder.resolve("routes/login.schema.json"), properties);
    Files.writeString(folder.resolve("routes/load.sql"), sql);
  }

  private String check(int exitCode) throws Exception {
    Program.Result result = Commands.run(site.environment(), folder, "check");
    assertThat(result.exitCode()).as(result.out() + result.err()).isEqualTo(exitCode);
    return result.out();
  }

  @Test
  void aLoaderThatOwnsNothingPasses() throws Exception {
    site.migrate();
    LoginRole.in(site.database(), "cameleon_loader").environment().forEach(site::with);

    Program.Result result =
        Commands.run(site.with("CAMELEON_MIGRATE", "false").environment(), folder, "check");

    assertThat(result.exitCode()).as(result.out() + result.err()).isZero();
    assertThat(result.out())
        .contains("gives {public.user_logins=1} rows (rolled back)")
        .contains("the columns of masked values were not checked")
        .doesNotContain("WRONG");
  }

  @Test
  void theShippedPipelineIsTriedWithOneEventAndWithOneOfTheLongestTexts() throws Exception {
    assertThat(check(0))
        .contains("OK      load.sql     a sample event gives {public.user_logins=1} rows (rolled")
        .contains("OK      load.sql     a sample event with the longest texts gives");
  }

  @Test
  void aTextThatMayBeLongerThanItsColumnIsANote() throws Exception {
    site.database()
        .execute("ALTER TABLE user_logins ADD CONSTRAINT short CHECK (length(device_type) < 32)");

    assertThat(check(0))
        .contains("OK      load.sql     a sample event gives")
        .contains(
            "NOTE    load.sql     a sample event with the longest texts is refused: a check"
                + " constraint of the table refuses");
  }

  @Test
  void anExampleThatIsRefusedIsWrongAndNamesTheConstraint() throws Exception {
    pipeline(
        "{\"properties\": {\"a\": {\"type\": \"integer\"}, \"b\": {\"type\": \"string\", \"x-pii\": \"text\"}},"
            + " \"examples\": [{\"a\": 1, \"b\": \"x\"}, {\"a\": 13, \"b\": \"x\"}, {\"a\": \"x\"}]}",
        "INSERT INTO public.t SELECT a, b FROM event");
    site.database().execute("ALTER TABLE public.t ADD CONSTRAINT lucky CHECK (a <> 13)");

    assertThat(check(2))
        .contains("OK      load.sql     examples/0 gives {public.t=1} rows")
        .contains("WRONG   load.sql     examples/1 is refused")
        .contains("constraint lucky")
        .contains(
            "WRONG   load.sql     examples/2 of the contract is not a valid event: CONTRACT at a");
  }

  @Test
  void aDeferredConstraintIsCheckedAndAGeneratedEventIsOnlyNoted() throws Exception {
    pipeline(
        "{\"properties\": {\"a\": {\"type\": \"integer\"}, \"b\": {\"type\": \"string\", \"x-pii\": \"text\"}}}",
        "INSERT INTO public.t SELECT a, b FROM event");
    site.database()
        .execute(
            "CREATE TABLE public.parents (id bigint PRIMARY KEY); ALTER TABLE public.t ADD CONSTRAINT parent"
                + " FOREIGN KEY (a) REFERENCES public.parents DEFERRABLE INITIALLY DEFERRED");

    assertThat(check(0))
        .contains("NOTE    load.sql     a sample event is refused")
        .contains("constraint parent");
  }

  @Test
  void aColumnWithoutRoomForTheRandomIdOfASuppressedPersonIsNoted() throws Exception {
    pipeline(
        "{\"properties\": {\"a\": {\"type\": \"string\", \"maxLength\": 20, \"x-subject\": true},"
            + " \"b\": {\"type\": \"string\", \"x-pii\": \"text\"}}}",
        "INSERT INTO public.t (a, b) SELECT a, b FROM event");
    site.database().execute("ALTER TABLE public.t ALTER a TYPE varchar(20)");
    site.with("CAMELEON_TABLES", "public.t(a) delete");

    assertThat(check(0))
        .contains("OK      load.sql     a sample event gives {public.t=1} rows")
        .contains("NOTE    load.sql     a sample event is refused if its person is suppressed");

    site.database().execute("ALTER TABLE public.t ALTER a TYPE varchar(36)");
    assertThat(check(0)).doesNotContain("is suppressed");
  }

  @Test
  void anUpsertThatCannotTakeTwoEventsOfOneKeyIsANoteWithItsPlace() throws Exception {
    String contract =
        "{\"properties\": {\"a\": {\"type\": \"integer\"}, \"b\": {\"type\": \"string\", \"x-pii\": \"text\"}}}";
    String upsert = " ON CONFLICT (a) DO UPDATE SET b = excluded.b";
    String once = "INSERT INTO public.t SELECT DISTINCT ON (a) a, b FROM event ORDER BY a" + upsert;
    String note = "load.sql:2:1: ON CONFLICT DO UPDATE refuses two events with the same key";
    pipeline(contract, once + ";\nINSERT INTO public.u SELECT a, b FROM event" + upsert);
    site.database()
        .execute(
            "ALTER TABLE public.t ADD PRIMARY KEY (a); CREATE TABLE public.u (LIKE public.t INCLUDING ALL)");
    site.with("CAMELEON_TABLES", "public.t(), public.u()");

    assertThat(check(0))
        .contains("NOTE    load.sql     ")
        .contains(note)
        .contains("SELECT DISTINCT ON (key) ... ORDER BY key, sent_at DESC")
        .contains("OK      load.sql     a sample event gives {public.t=1, public.u=1} rows");

    Files.writeString(folder.resolve("routes/load.sql"), once);
    assertThat(check(0)).doesNotContain("two events with the same key");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "INSERT INTO public.t (b) SELECT b FROM event | no INSERT reads these fields: \"a\"",
        "INSERT INTO public.t SELECT a, b FROM event WHERE a > 1000 | a sample event writes no row",
      })
  void unreadFieldsAndEventsWithoutRowsAreNoted(String sql, String note) throws Exception {
    pipeline(
        "{\"properties\": {\"a\": {\"type\": \"integer\"}, \"b\": {\"type\": \"string\", \"x-pii\": \"text\"}}}",
        sql);

    assertThat(check(0)).contains("NOTE    load.sql     " + note);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2 | SELECT 1, to_jsonb(e)::text FROM event AS e", // a token within a text is wrong
        "0 | SELECT e.* FROM (SELECT a, b FROM event) e",
      })
  void aWholeRowReadsEveryField(int exitCode, String select) throws Exception {
    pipeline(
        "{\"properties\": {\"a\": {\"type\": \"integer\"}, \"b\": {\"type\": \"string\", \"x-pii\": \"text\"}}}",
        "INSERT INTO public.t " + select);

    assertThat(check(exitCode)).doesNotContain("no INSERT reads");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'INSERT INTO public.t SELECT a, c FROM event' | load.sql:1:32: column \"c\" does not exist",
        "'INSERT INTO public.u SELECT a FROM event' | load.sql:1:13: relation \"public.u\" does not exist",
        "'INSERT INTO public.t SELECT a FROM FROM event' | load.sql:1:36: syntax error",
      })
  void aMistakeInSqlHasItsPlace(String sql, String problem) throws Exception {
    pipeline(
        "{\"properties\": {\"a\": {\"type\": \"integer\"}, \"b\": {\"type\": \"string\", \"x-pii\": \"text\"}}}",
        sql);

    assertThat(check(2)).contains("WRONG   load.sql     ").contains(problem);
  }

  @Test
  void aGeneratedEventFitsAnyUsualRule() throws Exception {
    pipeline(
        """
        {"required": ["a", "b", "c", "d", "e", "f", "g"], "properties": {
          "a": {"type": "integer", "minimum": 5, "maximum": 9},
          "b": {"type": "string", "pattern": "^(EU|US)-[A-Z]{2,4}\\\\d+[^x]?$", "maxLength": 20},
          "c": {"$ref": "#/$defs/nested"}, "d": {"enum": ["x", "yy"]}, "e": {"type": ["null", "number"], "exclusiveMinimum": 0},
          "f": {"type": "array", "minItems": 2, "items": {"type": "string", "format": "uuid"}},
          "g": {"type": "string", "minLength": 12, "maxLength": 40}, "p": {"type": "string", "x-pii": "text"}},
         "$defs": {"nested": {"type": "object", "required": ["at"], "properties": {"at": {"type": "string", "format": "date-time"}}}}}
        """,
        "INSERT INTO public.t SELECT a, concat(b, c, d, e, f, g) FROM event;\nINSERT INTO public.t SELECT a, p FROM event");

    assertThat(check(0))
        .contains("OK      load.sql     a sample event gives {public.t=2} rows")
        .contains(
            "OK      load.sql     a sample event with the longest texts gives {public.t=2} rows");
  }

  @Test
  void anEventThatCannotBeGeneratedIsANote() throws Exception {
    pipeline(
        "{\"properties\": {\"a\": {\"type\": \"integer\"}, \"b\": {\"type\": \"string\", \"pattern\": \"^(?=x)x$\", \"x-pii\": \"text\"}}}",
        "INSERT INTO public.t SELECT a, b FROM event");

    assertThat(check(0)).contains("add \"examples\" to the contract");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ingest.camel.yaml | direct:load | direct:laod | routes/ingest.camel.yaml:23: no route begins with direct:laod; did you mean load?",
        "prepare.camel.yaml | ref: masker | ref: maskr | routes/prepare.camel.yaml:20: there is no bean maskr; did you mean masker?",
        "prepare.camel.yaml | method: mask | method: maks | routes/prepare.camel.yaml:21: the bean masker has no method maks; did you mean makes?",
        "ingest.camel.yaml | greedy: | gredy: | routes/ingest.camel.yaml:17: the endpoint has no option gredy",
        "load.camel.yaml | '\"#loadWorkers\"' | '\"#loadWorker\"' | there is no bean loadWorker; did you mean loadWorkers?",
        "errors.camel.yaml | method: malformed | method: malformd | routes/errors.camel.yaml:28: the bean rejections has no method malformd",
      })
  void aMistakeInARouteHasItsPlace(String file, String text, String by, String problem)
      throws Exception {
    site.edit(file, text, by);

    assertThat(check(2)).contains("WRONG   routes       ").contains(problem);
  }

  @Test
  void aSecondConsumerOfSqsIsWrong() throws Exception {
    Files.writeString(
        folder.resolve("routes/more.camel.yaml"),
        "- route:\n    from:\n      uri: aws2-sqs:other\n      steps:\n        - to: direct:load\n");

    assertThat(check(2))
        .contains(
            "routes/more.camel.yaml:3: a second consumer of SQS; a pipeline has one, the first is in")
        .contains("ingest.camel.yaml:");
  }

  @Test
  void beansOfTheOperatorsOwnAreKnown() throws Exception {
    Files.writeString(
        folder.resolve("routes/more.camel.yaml"),
        """
        - beans:
            - name: mine
              type: java.util.Date
        - route:
            id: more
            from:
              uri: direct:more
              steps:
                - bean: {ref: mine, method: getTime}
        """);

    assertThat(check(0)).contains("8 routes");
  }
}

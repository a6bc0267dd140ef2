package dev.cameleon.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parsing of {@code load.sql}. */
class LoadSqlTest {
  @TempDir private Path folder;

  @Test
  void statementsAreSeparatedBySemicolonsOutsideQuotesAndComments() throws Exception {
    List<LoadSql.Insert> inserts =
        read("""
                -- a; comment
                INSERT INTO a SELECT ';', "x;y", $$;$$, $q$;$$;$q$, E'\\';' FROM event; /* ; /* ; */ */
                INSERT INTO public."B;c" (x) SELECT 1 FROM event -- no newline at the end""")
            .inserts();

    assertThat(inserts).hasSize(2);
    assertThat(inserts.get(0).text()).startsWith("INSERT INTO a SELECT ';'").endsWith("FROM event");
    assertThat(inserts.get(1).text()).startsWith("INSERT INTO public");
    assertThat(inserts).extracting(LoadSql.Insert::table).containsExactly("a", "public.\"B;c\"");
  }

  @Test
  void anOperatorWithAQuestionMarkIsNotAJdbcParameter() throws Exception {
    LoadSql.Insert insert =
        read("INSERT INTO a SELECT d ? 'k', d ?| ARRAY['?'], '?', \"?\" FROM event -- ?")
            .inserts()
            .get(0);

    assertThat(insert.forJdbc())
        .isEqualTo("INSERT INTO a SELECT d ?? 'k', d ??| ARRAY['?'], '?', \"?\" FROM event -- ?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "WITH x AS (SELECT * FROM event) INSERT INTO a SELECT 1 FROM x",
        "insert into a select 1 from event on conflict (id) do update set n = a.n + excluded.n",
        "INSERT INTO a SELECT (SELECT max(1)) FROM event;;\n;"
      })
  void anyInsertIsAccepted(String sql) throws Exception {
    assertThat(read(sql).inserts()).extracting(LoadSql.Insert::table).containsExactly("a");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DELETE FROM a                                      | :1:1: DELETE is not allowed",
        "INSERT INTO a SELECT 1; UPDATE a SET x = 1         | :1:25: UPDATE is not allowed",
        "WITH x AS (SELECT 1) DELETE FROM a                 | :1:22: DELETE is not allowed",
        "INSERT INTO a SELECT 1 RETURNING id                | :1:24: remove RETURNING",
        "INSERT INTO a SELECT 1), b AS (DELETE FROM c       | :1:23: this parenthesis"
            + " has no opening one",
        "INSERT INTO a SELECT (1                            | :1:1: a parenthesis of this",
        "INSERT INTO a SELECT :?batch                       | :1:22: parameters are not allowed",
        "nothing                                            | :1:1: not an INSERT",
        "-- nothing                                         | has no INSERT"
      })
  void aStatementThatIsNotAnInsertIsRefusedWithItsPlace(String sql, String problem) {
    assertThatThrownBy(() -> read(sql))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("load.sql")
        .hasMessageContaining(problem);
  }

  private LoadSql read(String sql) throws IOException {
    return LoadSql.read(Files.writeString(folder.resolve("load.sql"), sql));
  }
}

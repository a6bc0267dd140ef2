package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Shared;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Detection of changes to the audit by somebody with the rights of a superuser. */
class AuditChainTest {
  /** Recomputes the hashes from row 3 on, as the table's owner could. */
  private static final String REWRITE =
      """
      DO $$
      DECLARE
        before bytea;
        r cameleon.audit;
      BEGIN
        FOR r IN SELECT * FROM cameleon.audit ORDER BY seq LOOP
          before := sha256(coalesce(before, ''::bytea) || convert_to(jsonb_build_array(
            r.seq, (extract(epoch FROM r.at) * 1000000)::bigint, r.actor, r.act, r.token, r.purpose,
            r.ticket, r.detail, r.xact::text)::text, 'UTF8'));
          UPDATE cameleon.audit SET hash = before WHERE seq = r.seq;
        END LOOP;
      END $$""";

  private final TestDatabase database = Shared.postgres().migrated();
  private final List<String> heads = new ArrayList<>();
  private LoginRole officer;

  @BeforeEach
  void recordFiveActs() throws Exception {
    officer = LoginRole.in(database, "cameleon_officer");
    try (Connection connection = officer.connect()) {
      for (int i = 1; i <= 5; i++) {
        heads.add(
            Audit.record(
                    connection,
                    new Audit.Act("act-" + i, i == 2 ? null : "t\"é€😀\n", "why", null, "\\ d"))
                .head());
      }
    }
  }

  @Test
  void anUnchangedChainVerifiesWithAnyHeadThatItEverHad() throws Exception {
    for (int i = 0; i < 5; i++) {
      AuditChain.Findings findings = verify(heads.get(i));

      assertThat(findings.problem()).isEmpty();
      assertThat(findings.rows()).isEqualTo(5);
      assertThat(findings.head()).isEqualTo(heads.get(4));
      assertThat(findings.keptAt()).contains(i + 1L);
      assertThat(findings.since()).isPresent();
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          UPDATE cameleon.audit SET purpose = 'another' WHERE seq = 3                | row 3 does not match | 2
          UPDATE cameleon.audit SET actor = 'somebody' WHERE seq = 1                 | row 1 does not match | 0
          UPDATE cameleon.audit SET at = at + interval '1 microsecond' WHERE seq = 5 | row 5 does not match | 4
          UPDATE cameleon.audit SET xact = '1' WHERE seq = 4                         | row 4 does not match | 3
          UPDATE cameleon.audit SET ticket = '' WHERE seq = 4                        | row 4 does not match | 3
          UPDATE cameleon.audit SET token = purpose, purpose = token WHERE seq = 3   | row 3 does not match | 2
          UPDATE cameleon.audit SET hash = '\\x00' WHERE seq = 2                     | row 2 does not match | 1
          DELETE FROM cameleon.audit WHERE seq = 3                                   | row 3 is missing     | 2
          DELETE FROM cameleon.audit WHERE seq < 3                                   | first row is 3       | 0
          UPDATE cameleon.audit SET seq = seq - 1000                                 | first row is -999    | 0
          """)
  void aTamperedRowIsFound(String change, String problem, long rows) throws Exception {
    tamper(change);

    AuditChain.Findings findings = verify();

    assertThat(findings.problem()).hasValueSatisfying(found -> assertThat(found).contains(problem));
    assertThat(findings.rows()).isEqualTo(rows);
  }

  @Test
  void aRowThatIsPutInAnothersPlaceIsFoundAlsoWithAHashThatFitsIt() throws Exception {
    tamper(
        "UPDATE cameleon.audit SET detail = 'other' WHERE seq = 2; "
            + REWRITE.replace("WHERE seq = r.seq;", "WHERE seq = r.seq AND seq = 2;"));

    assertThat(verify().problem()).hasValueSatisfying(found -> assertThat(found).contains("row 3"));
  }

  @Test
  void aChainThatIsCutOrWrittenAnewIsFoundByAHeadThatWasKeptElsewhere() throws Exception {
    tamper("DELETE FROM cameleon.audit WHERE seq = 5");
    assertThat(verify().problem()).isEmpty();
    assertThat(verify(heads.get(4)).problem()).isPresent();

    tamper("UPDATE cameleon.audit SET detail = 'other' WHERE seq = 2; " + REWRITE);
    assertThat(verify().problem()).isEmpty();
    assertThat(verify(heads.get(3)).problem()).isPresent();
    assertThat(verify(heads.get(0)).problem()).isEmpty();

    tamper("TRUNCATE cameleon.audit");
    assertThat(verify())
        .isEqualTo(
            new AuditChain.Findings(
                0, "", Optional.empty(), Optional.empty(), 0, Optional.empty()));
    assertThat(verify(heads.get(0)).problem()).isPresent();
  }

  @Test
  void manyWritersMakeOneChainAndItIsReadInPortions() throws Exception {
    ExecutorService writers = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int writer = 0; writer < 4; writer++) {
        done.add(
            writers.submit(
                () -> {
                  try (Connection connection = officer.connect()) {
                    for (int i = 0; i < 300; i++) {
                      Audit.record(connection, new Audit.Act("act", null, null, null, null));
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> one : done) {
        one.get();
      }
    } finally {
      writers.shutdownNow();
    }

    assertThat(verify().problem()).isEmpty();
    assertThat(verify().rows()).isEqualTo(1205);
  }

  private void tamper(String sql) {
    database.execute("ALTER TABLE cameleon.audit DISABLE TRIGGER only_added_to");
    database.execute(sql);
    database.execute("ALTER TABLE cameleon.audit ENABLE TRIGGER only_added_to");
  }

  private AuditChain.Findings verify(String... kept) throws Exception {
    try (Connection connection = officer.connect()) {
      return AuditChain.verify(connection, List.of(kept).stream().findFirst());
    }
  }
}

package dev.cameleon.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlErrorsTest {
  private final SqlErrors failures = new SqlErrors();

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "22001, true, false",
    "22P05, true, false",
    "23505, true, false",
    "44000, true, false",
    "P0001, true, false",
    "40P01, false, true",
    "40001, false, true",
    "08006, false, false",
    "25006, false, false",
    "28P01, false, false",
    "42601, false, false",
    "53300, false, false",
    "57014, false, false",
    "P0002, false, false",
    ", false, false"
  })
  void onlyClasses22And23And44AndARaiseAreTheRowsFault(
      String state, boolean row, boolean conflict) {
    SQLException failure = new SQLException("a value: 10.1.2.3", state);

    assertThat(failures.isRefusal(failure)).isEqualTo(row);
    assertThat(failures.isConflict(failure)).isEqualTo(conflict);
    assertThat(SqlErrors.describe(failure)).doesNotContain("10.1.2.3").isNotEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "21000, true",
    "42501, true",
    "42P01, true",
    "54000, true",
    "P0002, true",
    "XX000, true",
    "22001, false",
    "44000, false",
    "2200H, false",
    "01000, false",
    "08006, false",
    "25006, false",
    "26000, false",
    "F0000, false",
    "HV00N, false",
    "28P01, false",
    "3D000, false",
    "40P01, false",
    "53100, false",
    "55P03, false",
    "57014, false",
    "58030, false",
    "CM001, false",
    "CM003, false",
    ", false"
  })
  void aFailureUnrelatedToRowsNeverSplitsABatch(String state, boolean row) {
    assertThat(failures.mayBeRows(new SQLException("x", state))).isEqualTo(row);
  }

  @Test
  void theStateOfACauseCounts() {
    SQLException wrapped = new SQLException("pool", null, new SQLException("x", "53300"));

    assertThat(SqlErrors.state(wrapped)).isEqualTo("53300");
  }
}

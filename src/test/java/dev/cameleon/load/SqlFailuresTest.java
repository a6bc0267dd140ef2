package dev.cameleon.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlFailuresTest {
  private final SqlFailures failures = new SqlFailures();

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "22001, true, false",
    "22P05, true, false",
    "23505, true, false",
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
  void onlyClasses22And23AndARaiseAreTheRowsFault(String state, boolean row, boolean conflict) {
    SQLException failure = new SQLException("a value: 10.1.2.3", state);

    assertThat(failures.isRefusal(failure)).isEqualTo(row);
    assertThat(failures.isConflict(failure)).isEqualTo(conflict);
    assertThat(SqlFailures.describe(failure)).doesNotContain("10.1.2.3").isNotEmpty();
  }

  @Test
  void theStateOfACauseCounts() {
    SQLException wrapped = new SQLException("pool", null, new SQLException("x", "53300"));

    assertThat(SqlFailures.state(wrapped)).isEqualTo("53300");
  }
}

package dev.cameleon.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.cameleon.mask.MaskedMessage;
import dev.cameleon.mask.Masker;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.ReceivedMessages;
import dev.cameleon.support.FixedKeys;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RowFailuresTest {
  /** A subquery that finds two rows: the row's fault or the table's. */
  private final SQLException doubtful = new SQLException("more than one row", "21000");

  private final SQLException refused = new SQLException("violates", "23514");
  private final SQLException away = new SQLException("terminating connection", "57P01");

  private final ReceiveGate gate = new ReceiveGate();
  private final RowFailures rows = new RowFailures(gate);

  @Test
  void aRefusalIsTheRowsAndAnOutageIsNot() throws Exception {
    assertThat(rows.isRows(batch(2), refused)).isTrue();
    assertThat(rows.isRows(batch(2), away)).isFalse();
  }

  @Test
  void aDoubtfulFailureIsTheRowsOnceTheProbeSucceededAndForOtherBatchesToo() throws Exception {
    Batch batch = batch(2);
    assertThat(rows.isRows(batch, doubtful)).isFalse();

    prove(batch);

    assertThat(rows.isRows(batch, doubtful)).isTrue();
    assertThat(rows.isRows(batch(2), doubtful)).isTrue();
    rows.probeFailed();
    assertThat(rows.isRows(batch(2), doubtful)).isFalse();
  }

  @Test
  void aRowThatWasLoadedAloneWaitsForTheProbeAlthoughOthersWereCommittedSinceAnOutage()
      throws Exception {
    prove(batch(2));
    Batch single = batch(1);
    single.failed(System.nanoTime()); // in the outage
    rows.committed();

    assertThat(rows.isRows(single, doubtful)).isFalse();

    single.suspect("21000"); // the probe succeeded after its own failure
    assertThat(rows.isRows(single, doubtful)).isTrue();
  }

  @Test
  void aHalfOfOneRowIsReturnedOnceOthersWereCommittedSinceTheWholeFailed() throws Exception {
    prove(batch(2));
    rows.committed();
    Batch whole = batch(2);
    rows.found(whole, doubtful);
    Batch half = whole.halves().get(1);

    assertThat(rows.isRows(half, doubtful)).isFalse();

    rows.committed();
    assertThat(rows.isRows(half, doubtful)).isTrue();
  }

  @Test
  void aWholeBatchDropsItsFailureFromBeforeAnOutage() throws Exception {
    prove(batch(2));
    Batch whole = batch(2);
    whole.failed(System.nanoTime()); // in the outage
    rows.committed();
    rows.found(whole, doubtful);

    assertThat(rows.isRows(whole.halves().get(0), doubtful)).isFalse();
  }

  @Test
  void receivingIsSlowUntilAnotherRowIsCommitted() {
    rows.failedAlone(doubtful);
    assertThat(gate.isClosed(ReceiveGate.Hold.ROWS)).isTrue();

    rows.probeSucceeded(System.nanoTime());
    assertThat(gate.isClosed(ReceiveGate.Hold.ROWS)).isTrue();

    rows.committed();
    assertThat(gate.isClosed(ReceiveGate.Hold.ROWS)).isFalse();
  }

  /** As if the batch had failed, the probe succeeded, and the batch failed again. */
  private void prove(Batch batch) {
    batch.suspect("21000");
    rows.found(batch, doubtful);
  }

  private static Batch batch(int size) throws Exception {
    Masker masker = new Masker(FixedKeys.of(0x01020304, 0x0b), Map.of());
    Batch batch = new Batch();
    for (int i = 0; i < size; i++) {
      MaskedMessage message = masker.mask(List.of(JsonNodeFactory.instance.objectNode()));
      batch.add(ReceivedMessages.delivery("original"), message);
    }
    return batch;
  }
}

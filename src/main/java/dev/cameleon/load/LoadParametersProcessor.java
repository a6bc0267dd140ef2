package dev.cameleon.load;

import dev.cameleon.db.SqlErrors;
import dev.cameleon.vault.SuppressionList;
import dev.cameleon.vault.Vault;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Builds the parameters of {@code load.sql} for the batch as the headers {@code batch} and {@code
 * vault}. Builds them anew before each attempt, because a person may have been erased meanwhile.
 *
 * <p>Upserts of the same rows in different orders deadlock, and would deadlock again in the next
 * attempt. So after a conflict, the loaders of all processes that met one take turns for a minute.
 */
public final class LoadParametersProcessor implements Processor {
  private static final long TURNS_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Vault vault;
  private final SuppressionList suppression;
  private final DataSource database;
  private final Consumer<Batch> before;
  private final SqlErrors errors = new SqlErrors();

  /** When a batch last met a conflict, by {@link System#nanoTime}. */
  private volatile long conflictNanos = System.nanoTime() - TURNS_NANOS;

  /**
   * Builds parameters with the vault's entries.
   *
   * @param vault seals the originals
   * @param suppression lists erased persons, whose events are loaded with random values
   * @param database read for the suppression list if the last read is too old
   * @param before takes messages out of a batch that must not be loaded any more
   */
  public LoadParametersProcessor(
      Vault vault, SuppressionList suppression, DataSource database, Consumer<Batch> before) {
    this.vault = vault;
    this.suppression = suppression;
    this.database = database;
    this.before = before;
  }

  @Override
  public void process(Exchange exchange) throws SQLException {
    // So that no header of an earlier attempt is used.
    exchange.getMessage().removeHeaders("batch|vault");
    exchange.removeVariable(CommitHandler.COUNTS);
    Batch batch = exchange.getVariable("batch", Batch.class);
    before.accept(batch);
    LoadParameters parameters = of(batch);
    if (takesTurns(FailedBatches.failure(exchange))) {
      parameters = parameters.inTurn();
    }
    exchange.getMessage().setHeader("batch", parameters.batch());
    exchange.getMessage().setHeader("vault", parameters.vault());
  }

  private boolean takesTurns(Throwable failure) {
    if (errors.isConflict(failure)) {
      conflictNanos = System.nanoTime();
    }
    return System.nanoTime() - conflictNanos < TURNS_NANOS;
  }

  /**
   * The parameters for one attempt to load a batch.
   *
   * @throws SQLException if the suppression list cannot be read
   */
  public LoadParameters of(Batch batch) throws SQLException {
    if (!suppression.isFresh()) {
      try (Connection connection = database.getConnection()) {
        suppression.refresh(connection);
      }
    }
    return batch.parameters(vault, suppression);
  }
}

package dev.cameleon.load;

import dev.cameleon.vault.SuppressionList;
import dev.cameleon.vault.Vault;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Makes the parameters of {@code load.sql} for the batch in flight, as headers {@code batch} and
 * {@code vault}; anew before each attempt, since somebody may have been erased meanwhile.
 */
public final class LoadParametersProcessor implements Processor {
  private final Vault vault;
  private final SuppressionList suppression;
  private final DataSource database;

  /**
   * Makes one.
   *
   * @param vault seals the originals
   * @param suppression whose events are loaded under random values
   * @param database asked whose, if that was last asked too long ago
   */
  public LoadParametersProcessor(Vault vault, SuppressionList suppression, DataSource database) {
    this.vault = vault;
    this.suppression = suppression;
    this.database = database;
  }

  @Override
  public void process(Exchange exchange) throws SQLException {
    // Never what was made for an attempt before.
    exchange.getMessage().removeHeaders("batch|vault");
    LoadParameters parameters = of(exchange.getVariable("batch", Batch.class));
    exchange.getMessage().setHeader("batch", parameters.batch());
    exchange.getMessage().setHeader("vault", parameters.vault());
  }

  /** The parameters for one attempt to load a batch. */
  public LoadParameters of(Batch batch) throws SQLException {
    if (!suppression.isFresh()) {
      try (Connection connection = database.getConnection()) {
        suppression.refresh(connection);
      }
    }
    return batch.parameters(vault, suppression);
  }
}

package dev.cameleon.cases;

import dev.cameleon.contract.IgnoredException;
import dev.cameleon.contract.RejectedException;
import dev.cameleon.contract.Violation;
import dev.cameleon.crypto.Recipient;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.load.Batch;
import dev.cameleon.load.LoadStatement;
import dev.cameleon.load.TrialLoad;
import dev.cameleon.mask.MaskedMessage;
import dev.cameleon.mask.Masker;
import dev.cameleon.mask.Preparation;
import dev.cameleon.mask.PreparationFailedException;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.vault.SuppressionList;
import dev.cameleon.vault.Vault;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/** Runs cases through the route prepare and the statement that loads, and rolls each back. */
public final class CaseRunner {
  /**
   * The result of one case.
   *
   * @param difference between the expected and the actual result; empty if the case passed
   * @param time how long it took
   */
  public record Result(Case tried, List<Difference.Line> difference, Duration time) {
    /** Whether the actual result is the expected one. */
    public boolean passed() {
      return difference.isEmpty();
    }

    /** Leaves out values. */
    @Override
    public String toString() {
      return "Result[" + tried + (passed() ? ", passed]" : ", failed]");
    }
  }

  private final Preparation preparation;
  private final Masker masker;
  private final LoadStatement statement;
  private final Vault vault;
  private final SqlErrors errors = new SqlErrors();

  /** Runs cases with these parts of a pipeline. */
  public CaseRunner(
      Preparation preparation, Masker masker, LoadStatement statement, List<Recipient> recipients) {
    this.preparation = preparation;
    this.masker = masker;
    this.statement = statement;
    this.vault = new Vault(recipients);
  }

  /**
   * Runs one case.
   *
   * @param connection in a transaction that knows the mask key
   * @throws SQLException if the database fails independently of the case
   */
  public Result run(Connection connection, Case tried) throws SQLException {
    long began = System.nanoTime();
    List<Difference.Line> difference =
        new Difference(tried.expected(), masker, statement.upserts())
            .from(actual(connection, tried));
    return new Result(tried, difference, Duration.ofNanos(System.nanoTime() - began));
  }

  private Actual actual(Connection connection, Case tried) throws SQLException {
    Map<String, MessageAttributeValue> attributes = new HashMap<>();
    tried
        .attributes()
        .forEach(
            (name, value) ->
                attributes.put(
                    name,
                    MessageAttributeValue.builder().dataType("String").stringValue(value).build()));
    try {
      return loaded(connection, tried, preparation.prepare(tried.body(), attributes));
    } catch (IgnoredException e) {
      return Actual.ignored();
    } catch (RejectedException e) {
      return Actual.deadLetter(e.reason(), e.field(), e.detail());
    } catch (PreparationFailedException e) {
      return Actual.returned(e.getMessage());
    }
  }

  private Actual loaded(Connection connection, Case tried, MaskedMessage message)
      throws SQLException {
    Savepoint before = connection.setSavepoint();
    try {
      SuppressionList suppression = new SuppressionList(masker);
      suppression.refresh(connection);
      Batch batch = Batch.of(Delivery.sample(tried.sentAt()), message);
      return Actual.rows(
          new TrialLoad(statement, connection).written(batch.parameters(vault, suppression)));
    } catch (SQLException e) {
      if (errors.isRefusal(e)) {
        return Actual.deadLetter(Violation.DATA_REJECTED, "", SqlErrors.describe(e));
      }
      if (errors.mayBeRows(e)) {
        return Actual.returned(SqlErrors.describe(e));
      }
      throw e;
    } finally {
      connection.rollback(before);
    }
  }
}

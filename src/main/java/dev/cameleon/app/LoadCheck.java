package dev.cameleon.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.app.SelfCheck.Result;
import dev.cameleon.contract.Sample;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.load.Batch;
import dev.cameleon.load.InsertCheck;
import dev.cameleon.load.LoadParameters;
import dev.cameleon.load.LoadStatement;
import dev.cameleon.load.TokenArrival;
import dev.cameleon.load.TrialLoad;
import dev.cameleon.mask.MaskedMessage;
import dev.cameleon.sqs.Delivery;
import dev.cameleon.vault.SuppressionList;
import dev.cameleon.vault.Vault;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tries {@code load.sql} with the contract's examples, or with generated events. */
final class LoadCheck {
  private static final String CHECK = "load.sql";

  /** SQLSTATE insufficient_privilege: a loader may insert, but not read. */
  private static final String MAY_NOT_READ = "42501";

  private final Configuration plan;
  private final Connection connection;
  private final LoadStatement statement;
  private final TokenArrival arrival;
  private final SqlErrors errors = new SqlErrors();
  private final List<SelfCheck.Finding> findings = new ArrayList<>();
  private boolean unreadable;

  /**
   * Prepares the check.
   *
   * @param connection in a transaction that knows the mask key; the caller rolls it back
   */
  LoadCheck(Configuration plan, Connection connection) {
    this.plan = plan;
    this.connection = connection;
    this.statement = plan.statement();
    this.arrival = plan.tokenArrival();
  }

  /**
   * Runs the check.
   *
   * @throws SQLException if the database fails independently of the events
   */
  List<SelfCheck.Finding> run() throws SQLException {
    InsertCheck inserts = plan.insertCheck();
    List<String> problems = inserts.problems(connection);
    problems.forEach(problem -> add(Result.WRONG, problem));
    if (!problems.isEmpty()) {
      return findings;
    }
    names("SQL must quote these columns of event", inserts.quotedNames(connection));
    List<String> unread = inserts.unread(connection);
    names("no INSERT reads these fields", unread);
    plan.undeclaredTables(connection)
        .forEach(problem -> findings.add(new SelfCheck.Finding("tables", Result.WRONG, problem)));
    repeatedKeys();
    for (Sample sample : plan.contract().samples()) {
      Savepoint before = connection.setSavepoint();
      try {
        Optional<MaskedMessage> loaded = load(sample);
        connection.rollback(before);
        if (loaded.isPresent()) {
          arrive(loaded.get().distinct());
          connection.rollback(before);
          suppressed(sample, loaded.get());
        }
      } finally {
        connection.rollback(before);
      }
    }
    arrival(unread);
    return findings;
  }

  /** Notes an upsert that fails on two equal events in one batch. */
  private void repeatedKeys() throws SQLException {
    for (Sample sample : plan.contract().samples()) {
      if (sample.problem().isEmpty()) {
        List<ObjectNode> twice = List.of(sample.event().deepCopy(), sample.event().deepCopy());
        Batch batch = Batch.of(Delivery.sample(), plan.masker().mask(twice));
        SuppressionList suppression = new SuppressionList(plan.masker());
        suppression.refresh(connection);
        LoadParameters values = batch.parameters(new Vault(List.of()), suppression);
        Optional<String> place = new TrialLoad(statement, connection).repeatedKey(values);
        if (place.isPresent()) {
          add(
              Result.NOTE,
              place.get()
                  + ": ON CONFLICT DO UPDATE refuses two events with the same key. A batch with"
                  + " both is slow, because it loads in parts; a message with both becomes a dead"
                  + " letter: "
                  + SqlErrors.ONE_ROW_PER_KEY);
          return;
        }
      }
    }
  }

  private void arrival(List<String> unread) {
    if (unreadable) {
      add(
          Result.NOTE,
          "the columns of masked values were not checked, because the loader's login may"
              + " not read the tables: run check as their owner");
      return;
    }
    arrival.problems().forEach(problem -> add(Result.WRONG, problem));
    // Fields that are noted already are omitted: the name before the first dot is the column of
    // event.
    List<String> lost = new ArrayList<>(arrival.lost());
    lost.removeIf(path -> unread.contains(path.split("\\.", 2)[0]));
    names("no column receives the tokens of these fields unchanged", lost);
    List<String> untried = new ArrayList<>(arrival.untried());
    untried.removeIf(path -> unread.contains(path.split("\\.", 2)[0]));
    names("no loaded event has these masked fields, so their columns were not checked", untried);
  }

  private void names(String what, List<String> names) {
    if (!names.isEmpty()) {
      add(Result.NOTE, what + ": \"" + String.join("\", \"", names) + "\"");
    }
  }

  /** Loads an event; returns it masked, or empty if it could not be loaded. */
  private Optional<MaskedMessage> load(Sample sample) throws SQLException {
    if (!sample.problem().isEmpty()) {
      add(
          sample.example() ? Result.WRONG : Result.NOTE,
          sample.example()
              ? sample.name() + " of the contract is not a valid event: " + sample.problem()
              : "no event could be generated (%s); to try load.sql, add \"examples\" to the contract"
                  .formatted(sample.problem()));
      return Optional.empty();
    }
    try {
      MaskedMessage message = plan.masker().mask(List.of(sample.event()));
      LoadParameters values = values(message);
      Map<String, Long> counts = statement.run(connection, values);
      TrialLoad.checkDeferred(connection);
      Map<String, Long> again = statement.run(connection, values);
      loaded(sample, counts, again);
      return Optional.of(message);
    } catch (SQLException e) {
      if (!errors.isRefusal(e)) {
        throw e;
      }
      add(
          sample.example() ? Result.WRONG : Result.NOTE,
          sample.name() + " is refused: " + SqlErrors.describe(e));
      return Optional.empty();
    }
  }

  private LoadParameters values(MaskedMessage message) throws SQLException {
    SuppressionList suppression = new SuppressionList(plan.masker());
    suppression.refresh(connection);
    return Batch.of(Delivery.sample(), message)
        .parameters(new Vault(plan.recipients()), suppression);
  }

  /** Loads an event whose tokens are all different, and finds the columns where they arrive. */
  private void arrive(MaskedMessage message) throws SQLException {
    try {
      arrival.load(connection, message.events().get(0).event(), values(message));
    } catch (SQLException e) {
      if (MAY_NOT_READ.equals(e.getSQLState())) { // load has shown that it may write
        unreadable = true;
      } else if (!errors.isRefusal(e)) { // a refused event is noted as not checked
        throw e;
      }
    }
  }

  /** Loads an event as that of a suppressed person, whose id is random. */
  private void suppressed(Sample sample, MaskedMessage message) throws SQLException {
    if (message.events().get(0).user().isEmpty()) {
      return;
    }
    try {
      statement.run(connection, values(message.erased()));
      TrialLoad.checkDeferred(connection);
    } catch (SQLException e) {
      if (!errors.isRefusal(e)) {
        throw e;
      }
      add(
          Result.NOTE,
          sample.name()
              + " is refused if its person is suppressed (erase --suppress), and would become a"
              + " dead letter: "
              + SqlErrors.describe(e)
              + "; the id is then a random text of 36 characters, or a negative integer");
    }
  }

  private void loaded(Sample sample, Map<String, Long> counts, Map<String, Long> again) {
    long first = counts.get(LoadStatement.LOADED);
    long second = again.get(LoadStatement.LOADED);
    Map<String, Long> rows = statement.rows(counts);
    if (first != 1 || second != 0) {
      add(
          Result.WRONG,
          "%s counts as %d new messages, and its second delivery as %d; must be 1 and 0"
              .formatted(sample.name(), first, second));
    } else if (rows.values().stream().allMatch(count -> count == 0)) {
      add(Result.NOTE, sample.name() + " writes no row");
    } else {
      add(Result.OK, sample.name() + " gives " + rows + " rows (rolled back)");
    }
  }

  private void add(Result result, String detail) {
    SelfCheck.Finding finding = new SelfCheck.Finding(CHECK, result, detail);
    if (!findings.contains(finding)) { // of several samples with the same problem
      findings.add(finding);
    }
  }
}

package dev.cameleon.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.Settings;
import dev.cameleon.contract.IgnoredException;
import dev.cameleon.contract.RejectedException;
import dev.cameleon.contract.StrictJson;
import dev.cameleon.db.Database;
import dev.cameleon.db.SharedSessions;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.dlq.QueuePeek;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.errors.UnreachableException;
import dev.cameleon.mask.MaskedMessage;
import dev.cameleon.mask.Preparation;
import dev.cameleon.mask.PreparationFailedException;
import dev.cameleon.sqs.QueueEncryption;
import dev.cameleon.sqs.SenderAttributes;
import dev.cameleon.sqs.SqsErrors;
import dev.cameleon.sqs.SqsQueue;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;

/** Tests everything that a run needs, and changes nothing: writes are rolled back. */
public final class SelfCheck {
  /** The result of a check. */
  public enum Result {
    /** As it should be. */
    OK,
    /** Worth knowing. */
    NOTE,
    /** The configuration is wrong. */
    WRONG,
    /** Something did not answer. */
    FAILED
  }

  /**
   * One line of the report.
   *
   * @param check what was tested
   * @param result the result
   * @param detail one sentence, with the remedy
   */
  public record Finding(String check, Result result, String detail) {}

  private static final int CALLS = 4;
  private static final String NO_TABLE = "42P01";

  private final Configuration plan;
  private final List<Finding> findings = new ArrayList<>();

  /**
   * Prepares the checks for one configuration; nothing is tested before {@link #run}.
   *
   * @param plan the configuration to test; its files are already read
   */
  public SelfCheck(Configuration plan) {
    this.plan = plan;
  }

  /**
   * Runs all checks.
   *
   * @param sample how many messages of the source queue to test
   */
  public List<Finding> run(int sample) {
    ok("settings", plan.settings().toString());
    Map<String, String> masked = new TreeMap<>();
    plan.contract().personal().kinds().forEach((field, kind) -> masked.put(field, kind.word()));
    ok("contract", "masks " + masked);
    ok(
        "keyset",
        plan.keyset().keys().stream()
            .map(
                key ->
                    "%s (%s%s)"
                        .formatted(
                            key.id(),
                            key.primary() ? "primary, " : "",
                            key.status().toLowerCase(Locale.ROOT)))
            .collect(Collectors.joining(", ")));
    add("vault", plan.recipients().isEmpty() ? Result.NOTE : Result.OK, plan.vaultInWords());
    database();
    try (SqsClient sqs = AwsClients.sqs(CALLS)) {
      SqsQueue source = queue(sqs, "queue", plan.settings().queues().source(), "cameleon.queue");
      SqsQueue deadLetters =
          queue(
              sqs,
              "dead letters",
              plan.settings().queues().deadLetters(),
              "cameleon.dead-letter-queue");
      deadLetterBodies();
      if (source != null && deadLetters != null) {
        routes(new Preflight(source, deadLetters));
        if (source.visibilitySeconds() == 0) {
          add("queue", Result.NOTE, source.withoutTimeout());
        }
      }
      if (source != null) {
        findings.addAll(TransportChecks.rights(sqs, source));
        findings.add(TransportChecks.queue(AwsClients.endpoint(sqs)));
      }
      if (source != null && sample > 0) {
        sample(sqs, source, sample);
      }
    }
    return findings;
  }

  /** Runs the checks that need only the database; returns what was found so far. */
  List<Finding> database() {
    Database.Login login = plan.settings().database().loader();
    try (Connection connection = Database.connect(login, plan.keyset().currentId())) {
      ok("database", "connected as " + login);
      Optional<String> shared = SharedSessions.problem(connection, login);
      if (shared.isPresent()) {
        add("database", Result.WRONG, shared.get());
        return findings; // the checks that follow would fail for the same reason
      }
      findings.add(TransportChecks.database(connection, login));
      findings.add(TransportChecks.login(connection, plan.declared()));
      connection.setAutoCommit(false);
      try {
        List<String> problems = plan.maskProblems(connection);
        problems.forEach(problem -> add("mask", Result.WRONG, problem));
        if (problems.isEmpty()) {
          ok("mask", "the mask key and the masked fields match the database, or it has none yet");
        }
        plan.unrecordedTables(connection).forEach(problem -> add("tables", Result.WRONG, problem));
        load(connection); // in the transaction that records the key, which the rows need
      } finally {
        connection.rollback();
      }
    } catch (SQLException e) {
      String state = SqlErrors.state(e);
      if (NO_TABLE.equals(state) && plan.settings().database().migrate()) {
        add("database", Result.NOTE, "has no Cameleon tables yet: run (or migrate) creates them");
      } else {
        boolean ours = state.startsWith("42");
        add("database", ours ? Result.WRONG : Result.FAILED, SqlErrors.describe(e));
      }
    }
    return findings;
  }

  private void load(Connection connection) {
    try {
      findings.addAll(new LoadCheck(plan, connection).run());
    } catch (SQLException e) {
      String state = SqlErrors.state(e);
      String detail = SqlErrors.describe(e);
      if (state.startsWith("42")) {
        // The failure is about the statement, not about a row: the server's message names the
        // missing object.
        detail = detail + ": " + e.getMessage().lines().findFirst().orElse("");
      }
      boolean ours = state.matches("(21|22|23|42|P0).*");
      add("load.sql", ours ? Result.WRONG : Result.FAILED, detail);
    }
  }

  private SqsQueue queue(SqsClient sqs, String check, String nameOrUrl, String property) {
    try {
      SqsQueue queue = Preflight.find(sqs, nameOrUrl, Settings.named(property));
      ok(check, queue.url() + ", " + queue.depth(sqs));
      QueueEncryption encryption = QueueEncryption.of(sqs, queue);
      add("encryption", encryption.isOn() ? Result.OK : Result.NOTE, encryption.inWords(queue));
      return queue;
    } catch (InvalidSettingsException e) {
      add(check, Result.WRONG, e.getMessage());
    } catch (UnreachableException e) {
      add(check, Result.FAILED, e.getMessage());
    } catch (SdkException e) {
      add(check, Result.FAILED, SqsErrors.describe(e));
    }
    return null;
  }

  private void deadLetterBodies() {
    ok("bodies", "dead letters: " + plan.deadLettersInWords());
    if (plan.settings().privacy().sealDeadLetters()) {
      add(
          "bodies",
          Result.NOTE,
          "messages that SQS itself moves to the dead-letter queue are not sealed:"
              + " those received too often (MAX_RECEIVES), and those too large to seal"
              + " (above about 3/4 of the queue's maximum)");
    }
  }

  private void routes(Preflight connections) {
    try {
      connections.requireUsable();
      String routes = Application.tryRoutes(plan, connections);
      PrepareRoute.start(plan).close();
      Path folder = plan.settings().routes();
      boolean shipped = plan.files().shipped();
      ok("routes", routes + " in " + (shipped ? "the jar" : SafeQuote.path(folder)));
    } catch (InvalidSettingsException e) {
      e.problems().forEach(problem -> add("routes", Result.WRONG, problem));
    }
  }

  private void sample(SqsClient sqs, SqsQueue source, int limit) {
    QueuePeek peek = new QueuePeek(sqs, source);
    try (PrepareRoute preparation = PrepareRoute.start(plan)) {
      List<Message> messages = peek.receive(limit);
      if (messages.isEmpty()) {
        add("sample", Result.NOTE, "the queue is empty");
      }
      for (Message message : messages) {
        sample(preparation, message);
      }
    } catch (InvalidSettingsException e) {
      e.problems().forEach(problem -> add("sample", Result.WRONG, problem));
    } catch (SdkException e) {
      add("sample", Result.FAILED, SqsErrors.describe(e));
    } finally {
      String failure = peek.returnToQueue();
      if (!failure.isEmpty()) {
        add("sample", Result.FAILED, failure);
      }
    }
  }

  private void sample(Preparation preparation, Message message) {
    String id = message.messageId();
    try {
      MaskedMessage masked =
          preparation.prepare(message.body(), SenderAttributes.of(message).values());
      boolean empty = masked.events().stream().allMatch(event -> event.json().equals("{}"));
      if (empty && isSnsEnvelope(message.body())) {
        envelope(id);
      } else {
        ok("sample", id + " passes contract and mask");
      }
    } catch (IgnoredException e) {
      add("sample", Result.NOTE, id + " would be ignored (x-ignore)");
    } catch (RejectedException e) {
      if (isSnsEnvelope(message.body())) {
        envelope(id);
      } else {
        add("sample", Result.NOTE, id + " would become a dead letter: " + e.getMessage());
      }
    } catch (PreparationFailedException e) {
      add("sample", Result.WRONG, id + " would return to the queue: " + e.getMessage());
    }
  }

  private void envelope(String id) {
    add(
        "sample",
        Result.WRONG,
        id
            + " is an SNS envelope: set \"x-event\": \"/Message\" in the contract, or"
            + " turn on raw message delivery for the subscription");
  }

  /** Whether it is one, and the contract does not say so. */
  private boolean isSnsEnvelope(String body) {
    ObjectNode event;
    try {
      event = StrictJson.read(StrictJson.strictMapper(), body);
    } catch (RejectedException e) {
      return false;
    }
    return event != null
        && plan.contract().isBodyTheEvent()
        && event.path("TopicArn").isTextual()
        && event.path("Message").isTextual()
        && "Notification".equals(event.path("Type").asText());
  }

  private void ok(String check, String detail) {
    add(check, Result.OK, detail);
  }

  private void add(String check, Result result, String detail) {
    findings.add(new Finding(check, result, detail));
  }
}

package dev.cameleon.bench;

import dev.cameleon.app.Application;
import dev.cameleon.app.Configuration;
import dev.cameleon.app.Preflight;
import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.Settings;
import dev.cameleon.contract.Contract;
import dev.cameleon.contract.StrictJson;
import dev.cameleon.db.Database;
import dev.cameleon.load.HandBatch;
import dev.cameleon.load.LoadParameters;
import dev.cameleon.load.LoadParametersProcessor;
import dev.cameleon.load.LoadStatement;
import dev.cameleon.mask.Masker;
import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.AnswerLimit;
import dev.cameleon.sqs.ConcurrencyLimit;
import dev.cameleon.sqs.CpuHeadroom;
import dev.cameleon.sqs.DeadLetterBrake;
import dev.cameleon.sqs.ReceivingSqsClient;
import dev.cameleon.sqs.InFlightMessages;
import dev.cameleon.sqs.MessageTracing;
import dev.cameleon.sqs.ManualReceiver;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.SqsBatchCalls;
import dev.cameleon.vault.SuppressionList;
import dev.cameleon.vault.Vault;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * The limit of the design: the project's own beans in a plain loop on the SDK and JDBC, without Camel. Uses the same contract, mask, statement, account and batch deletes.
 */
public final class HandWrittenLoop {
  private final Settings settings;
  private final Configuration plan;
  private final LoadStatement statement;
  private final Contract contract;
  private final Masker masker;
  private final ObjectMapper json = StrictJson.strictMapper();
  private final Acknowledger acknowledger;
  private final ManualReceiver intake;
  private final HikariDataSource pool;
  private final LoadParametersProcessor parameters;
  private final BlockingQueue<ManualReceiver.Masked> masked = new ArrayBlockingQueue<>(10_000);

  private HandWrittenLoop() throws Exception {
    settings = Settings.read(System.getenv());
    plan = Configuration.read(settings);
    contract = plan.contract();
    statement = new LoadStatement(plan.loadSql(), contract, settings.pipeline());
    masker = new Masker(plan.keyset(), contract.personal());
    SqsClient sqs = AwsClients.sqs(Application.connections(settings));
    Preflight connections = Preflight.open(plan, sqs, true);
    ReceiveGate gate = new ReceiveGate();
    gate.start();
    DeadLetterBrake brake = new DeadLetterBrake(gate, 100);
    InFlightMessages deliveries = new InFlightMessages(settings.inFlight().messages(), settings.inFlight().bytes(), brake, MessageTracing.OFF);
    int most = settings.load().deleters();
    ThreadPoolExecutor deleters =
        new ThreadPoolExecutor(most, most, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
    acknowledger = new Acknowledger(new SqsBatchCalls(sqs, connections.source()), deliveries, new ReceiveGate(), deleters);
    ConcurrencyLimit limit =
        new ConcurrencyLimit(
            settings.load().pollers(),
            new CpuHeadroom()::hasRoom,
            receives -> deleters.setCorePoolSize(Math.min(receives, most)));
    intake =
        new ManualReceiver(
            new ReceivingSqsClient(
                AwsClients.sqs(settings.load().pollers(), new AnswerLimit()), gate, brake, deliveries, limit, 20, contract.attributes()),
            connections.source());
    pool = Database.pool(settings.database().loader(), settings.load().loaders(), plan.keyset().currentId());
    parameters = new LoadParametersProcessor(new Vault(plan.recipients()), new SuppressionList(masker), pool, batch -> {});
  }

  /** Runs until the process is ended. */
  public static void main(String[] arguments) throws Exception {
    HandWrittenLoop loop = new HandWrittenLoop();
    for (int i = 0; i < loop.settings.load().pollers(); i++) {
      new Thread(loop::poll).start();
    }
    for (int i = 0; i < loop.settings.load().loaders(); i++) {
      new Thread(loop::load).start();
    }
  }

  private void poll() {
    try {
      while (true) {
        intake.receive(
            delivery -> masker.mask(contract.check(StrictJson.read(json, delivery.body()), Map.of())), masked);
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private void load() {
    try {
      while (true) {
        HandBatch rows = new HandBatch();
        ManualReceiver.Masked first = masked.take();
        rows.add(first.delivery(), first.record());
        long end = System.nanoTime() + settings.load().batchWait().toNanos();
        while (rows.batch().size() < settings.load().batchRows()) {
          ManualReceiver.Masked next = masked.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
          if (next == null) {
            break;
          }
          rows.add(next.delivery(), next.record());
        }
        LoadParameters values = parameters.of(rows.batch());
        try (Connection connection = pool.getConnection()) {
          int inserted = statement.run(connection, values).get(LoadStatement.LOADED).intValue();
          rows.committed(inserted);
          acknowledger.loaded(rows.batch().deliveries(), inserted);
        }
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}

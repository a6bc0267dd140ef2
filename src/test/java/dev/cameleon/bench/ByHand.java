package dev.cameleon.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.zaxxer.hikari.HikariDataSource;
import dev.cameleon.Aws;
import dev.cameleon.Connections;
import dev.cameleon.Pipeline;
import dev.cameleon.Plan;
import dev.cameleon.Settings;
import dev.cameleon.contract.Contract;
import dev.cameleon.contract.LoginJson;
import dev.cameleon.load.Database;
import dev.cameleon.load.HandBatch;
import dev.cameleon.load.LoadParameters;
import dev.cameleon.load.Parameters;
import dev.cameleon.mask.Masker;
import dev.cameleon.settle.Acknowledger;
import dev.cameleon.settle.AnswerLimit;
import dev.cameleon.settle.Brake;
import dev.cameleon.settle.ConcurrencyLimit;
import dev.cameleon.settle.Deliveries;
import dev.cameleon.settle.Gate;
import dev.cameleon.settle.HandIntake;
import dev.cameleon.settle.Intake;
import dev.cameleon.settle.Processor;
import dev.cameleon.vault.Suppression;
import dev.cameleon.vault.Vault;
import java.sql.Connection;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * The limit of the design: the project's own beans in a plain loop on the SDK and JDBC, without
 * Camel. The same contract, mask, statement, account and batch deletes.
 */
public final class ByHand {
  private final Settings settings;
  private final Plan plan;
  private final Contract contract;
  private final Masker masker;
  private final ObjectMapper json = LoginJson.strictMapper();
  private final Acknowledger acknowledger;
  private final HandIntake intake;
  private final HikariDataSource pool;
  private final Parameters parameters;
  private final BlockingQueue<HandIntake.Masked> masked = new ArrayBlockingQueue<>(10_000);

  private ByHand() throws Exception {
    settings = Settings.read(System.getenv());
    plan = Plan.read(settings);
    contract = plan.contract();
    masker = new Masker(plan.keyset(), contract.personal());
    SqsClient sqs = Aws.sqs(Pipeline.connections(settings));
    Connections connections = Connections.open(plan, sqs, true);
    Gate gate = new Gate();
    gate.start();
    Brake brake = new Brake(gate, 100);
    Deliveries deliveries = new Deliveries(settings.maxMessages(), settings.maxBytes(), brake);
    int most = settings.deleters();
    ThreadPoolExecutor deleters =
        new ThreadPoolExecutor(most, most, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
    acknowledger = new Acknowledger(sqs, connections.source(), deliveries, new Gate(), deleters);
    ConcurrencyLimit limit =
        new ConcurrencyLimit(
            settings.pollers(),
            new Processor()::hasRoom,
            receives -> deleters.setCorePoolSize(Math.min(receives, most)));
    intake =
        new HandIntake(
            new Intake(
                Aws.sqs(settings.pollers(), new AnswerLimit()), gate, brake, deliveries, limit, 20),
            connections.source());
    pool = Database.pool(settings.loader(), settings.loaders(), plan.keyset().currentId());
    parameters = new Parameters(new Vault(plan.recipients()), new Suppression(masker), pool);
  }

  /** Runs until the process is ended. */
  public static void main(String[] arguments) throws Exception {
    ByHand loop = new ByHand();
    for (int i = 0; i < loop.settings.pollers(); i++) {
      new Thread(loop::poll).start();
    }
    for (int i = 0; i < loop.settings.loaders(); i++) {
      new Thread(loop::load).start();
    }
  }

  private void poll() {
    try {
      while (true) {
        intake.receive(
            delivery -> masker.mask(contract.check(LoginJson.read(json, delivery.body()))), masked);
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private void load() {
    try {
      while (true) {
        HandBatch rows = new HandBatch();
        HandIntake.Masked first = masked.take();
        rows.add(first.delivery(), first.record());
        long end = System.nanoTime() + settings.batchWait().toNanos();
        while (rows.batch().size() < settings.batchRows()) {
          HandIntake.Masked next = masked.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
          if (next == null) {
            break;
          }
          rows.add(next.delivery(), next.record());
        }
        LoadParameters values = parameters.of(rows.batch());
        try (Connection connection = pool.getConnection()) {
          int inserted = plan.statement().run(connection, values);
          rows.committed(inserted);
          acknowledger.loaded(rows.batch().deliveries(), inserted);
        }
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}

package dev.cameleon.cli;

import dev.cameleon.app.Application;
import dev.cameleon.app.Configuration;
import dev.cameleon.app.Preflight;
import dev.cameleon.aws.AwsClients;
import dev.cameleon.cli.console.DurationConverter;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.Invocation;
import dev.cameleon.cli.console.ShutdownSignal;
import dev.cameleon.config.Settings;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.UnreachableException;
import dev.cameleon.observe.Health;
import dev.cameleon.observe.HttpEndpoint;
import dev.cameleon.observe.Metrics;
import dev.cameleon.observe.StatusPage;
import java.io.IOException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import software.amazon.awssdk.services.sqs.SqsClient;

/** {@code run}: the service itself. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = {
      "Load events from SQS into PostgreSQL until stopped (the default command).",
      "On SIGTERM, stops receiving, loads the messages in flight and exits with 0; a"
          + " second SIGTERM ends the process at once.",
      "On SIGHUP, checks the files of cameleon.routes and switches to them if they are valid"
          + " (with --until-empty, SIGHUP stops)."
    })
public final class RunCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);
  private static final Duration RETRY = Duration.ofSeconds(2);
  private static final Duration LOOK = Duration.ofMillis(250);

  /** SQS counts approximately: the queue counts as empty after this many empty counts in a row. */
  private static final int LOOKS_THAT_PROVE = 3;

  private static final String HOST = "cameleon.http.host";

  @Spec private CommandSpec spec;

  @Option(
      names = "--until-empty",
      description =
          "Exit with 0 once the queue is empty and no message is in flight; with 1 if"
              + " --timeout passes first.")
  private boolean untilEmpty;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "15m",
      converter = DurationConverter.class,
      description =
          "The time-out of --until-empty, for example 90s or 15m (default:" + " ${DEFAULT-VALUE}).")
  private Duration timeout;

  private volatile boolean hungUp;
  private volatile Application running;

  @Override
  public Integer call()
      throws InvalidSettingsException, UnreachableException, InterruptedException {
    String consequence = "messages in flight are loaded first";
    try (ShutdownSignal stop =
        untilEmpty
            ? ShutdownSignal.onSignals(consequence)
            : ShutdownSignal.onSignals(consequence, this::hangUp)) {
      return run(stop);
    }
  }

  private int run(ShutdownSignal stop)
      throws InvalidSettingsException, UnreachableException, InterruptedException {
    Settings settings = Settings.read(Invocation.of(spec).environment());
    Configuration plan = Configuration.read(settings);
    Health health = new Health();
    StatusPage page = new StatusPage(health);
    try (Metrics metrics = new Metrics();
        HttpEndpoint http = listen(settings.http(), health, metrics, page)) {
      metrics.readiness(health);
      String address = "http://" + http.address();
      LOG.info("Health and metrics: {}/observe/health/ready", address);
      if (settings.http().status()) {
        LOG.info("Status page: {}/", address);
      }
      stop.after(settings.shutdownTimeout());
      return run(plan, health, metrics, page, stop);
    }
  }

  private void hangUp() {
    hungUp = true;
    Application now = running;
    if (now != null) {
      now.reload();
    }
  }

  private static HttpEndpoint listen(
      Settings.Http http, Health health, Metrics metrics, StatusPage page)
      throws InvalidSettingsException {
    try {
      return new HttpEndpoint(
          http.host(),
          http.port(),
          health,
          metrics,
          Optional.of(page).filter(shown -> http.status()));
    } catch (UnknownHostException e) {
      throw Settings.wrong(
          HOST,
          "not an address, for example 127.0.0.1; leave it empty to listen"
              + " on all addresses of this machine");
    } catch (IOException e) {
      String orHost =
          ", or the address of " + Settings.named(HOST) + " does not belong to this machine";
      throw Settings.wrong(
          "cameleon.http.port",
          "port %d is in use%s; set another port, or 0 for any free port"
              .formatted(http.port(), http.host().isEmpty() ? "" : orHost));
    }
  }

  private int run(
      Configuration plan, Health health, Metrics metrics, StatusPage page, ShutdownSignal stop)
      throws InvalidSettingsException, UnreachableException, InterruptedException {
    SqsClient sqs = AwsClients.sqs(Application.connections(plan.settings()));
    Preflight connections = connect(plan, sqs, health, stop);
    if (connections == null) {
      sqs.close();
      return untilEmpty ? ExitCode.FAILED : ExitCode.DONE; // stopped before it could start
    }
    try (Application pipeline = new Application(plan, connections, sqs, metrics, untilEmpty)) {
      pipeline.start(health);
      page.report(pipeline::status);
      running = pipeline;
      if (hungUp) {
        pipeline.reload(); // the files may have changed since they were read
      }
      if (!untilEmpty) {
        stop.await();
        return ExitCode.DONE;
      }
      return awaitEmpty(pipeline, stop);
    }
  }

  private Preflight connect(Configuration plan, SqsClient sqs, Health health, ShutdownSignal stop)
      throws InvalidSettingsException, UnreachableException, InterruptedException {
    String said = "";
    while (!stop.isRequested()) {
      try {
        return Preflight.open(plan, sqs, plan.settings().database().migrate(), stop::isRequested)
            .orElse(null);
      } catch (UnreachableException e) {
        if (untilEmpty) {
          throw e;
        }
        health.waiting(e.part(), e.publicWords());
        if (!said.equals(e.getMessage())) {
          LOG.warn("Not ready, will retry: {}", e.getMessage());
          said = e.getMessage();
        }
        stop.await(RETRY);
      }
    }
    return null;
  }

  private int awaitEmpty(Application pipeline, ShutdownSignal stop) throws InterruptedException {
    long end = System.nanoTime() + timeout.toNanos();
    int looks = 0;
    while (looks < LOOKS_THAT_PROVE) {
      if (stop.await(LOOK)) {
        LOG.warn("Stopped before the queue was empty.");
        return ExitCode.FAILED;
      }
      looks = pipeline.isEmpty() ? looks + 1 : 0;
      if (System.nanoTime() > end) {
        LOG.error(
            "Not empty after {} s. queue=\"{}\" account=\"{}\"",
            timeout.toSeconds(),
            pipeline.leftOver(),
            pipeline.account());
        return ExitCode.FAILED;
      }
    }
    return ExitCode.DONE;
  }
}

package dev.cameleon.app;

import dev.cameleon.errors.InvalidSettingsException;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;

/**
 * Camel with the routes and beans of one version of the folder. It is built, started and closed
 * once; a reload builds another pipeline.
 */
final class Pipeline implements AutoCloseable {
  final Configuration plan;
  final Beans beans;
  private final LongLived process;
  private final Main main = new Main();
  private long unknownFieldsBefore;

  /**
   * Builds the routes, and starts none of them.
   *
   * @throws InvalidSettingsException if a route is wrong
   */
  Pipeline(Configuration plan, LongLived process) throws InvalidSettingsException {
    this.plan = plan;
    this.process = process;
    this.beans = new Beans(plan, process);
    try {
      CamelRoutes.start(main, plan, beans, process.source);
    } catch (InvalidSettingsException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Starts the routes. Nothing is received before the gate is opened.
   *
   * @param fieldsBefore how many fields outside the contract earlier pipelines dropped
   * @throws InvalidSettingsException if a route cannot be started
   */
  void start(long fieldsBefore) throws InvalidSettingsException {
    unknownFieldsBefore = fieldsBefore;
    process.contract(plan.contract());
    beans.circuitBreaker.probe();
    CamelContext context = main.getCamelContext();
    context.setAutoStartup(true);
    try {
      context.getRouteController().startAllRoutes();
    } catch (Exception e) {
      throw CamelRoutes.invalid(e, plan.settings().camel());
    }
  }

  /** How many fields outside the contract were dropped since the start of the process. */
  long unknownFields() {
    return unknownFieldsBefore + plan.contract().unknownFields();
  }

  /** How many routes there are. */
  int routes() {
    return main.getCamelContext().getRoutes().size();
  }

  /**
   * Ends receiving.
   *
   * @param nanos how long to wait for answers that have begun
   */
  void stopReceiving(long nanos) throws InterruptedException {
    beans.receivingSqsClient.stop(TimeUnit.NANOSECONDS.toMillis(nanos));
  }

  /** Stops the routes. Messages in flight must be settled before. */
  @Override
  public void close() {
    main.stop();
    beans.receivingSqsClient.close();
  }
}

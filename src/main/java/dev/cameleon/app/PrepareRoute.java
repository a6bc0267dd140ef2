package dev.cameleon.app;

import dev.cameleon.contract.Contract;
import dev.cameleon.contract.IgnoredException;
import dev.cameleon.contract.RejectedException;
import dev.cameleon.contract.StrictJsonDataFormat;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.errors.OutOfMemory;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.mask.MaskedMessage;
import dev.cameleon.mask.Masker;
import dev.cameleon.mask.Preparation;
import dev.cameleon.mask.PreparationFailedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.apache.camel.CamelConfiguration;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.aws2.sqs.Sqs2Constants;
import org.apache.camel.main.Main;
import org.apache.camel.model.errorhandler.NoErrorHandlerDefinition;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/**
 * Runs the route {@code prepare} alone, so that commands treat a message as {@code run} does,
 * including the operator's own steps. Starts Camel once for all messages. Thread-safe.
 */
public final class PrepareRoute implements Preparation, AutoCloseable {
  private final Main main = new Main();
  private final ProducerTemplate template;

  private PrepareRoute(
      RouteFiles files, Map<String, String> camel, Contract contract, Masker masker)
      throws InvalidSettingsException {
    Map<String, Object> beans =
        Map.of("strictJson", new StrictJsonDataFormat(), "contract", contract, "masker", masker);
    Properties properties = new Properties();
    properties.put("cameleon.routes", files.folder().toString());
    if (!files.has(RouteFiles.PREPARE)) {
      throw new InvalidSettingsException(
          "missing: "
              + SafeQuote.path(files.path(RouteFiles.PREPARE))
              + "; to write the shipped one: init DIR");
    }
    CamelRoutes.configure(main, properties, camel, files.prepare(), bind(beans));
    RouteCheck check = new RouteCheck(files.prepare(), beans, CamelRoutes.beansOf(camel));
    try {
      CamelRoutes.start(main, check, camel, false);
    } catch (InvalidSettingsException e) {
      main.stop();
      throw e;
    }
    template = main.getCamelContext().createProducerTemplate();
  }

  /**
   * Starts it.
   *
   * @param folder the folder of the routes
   * @param camel the properties of Camel
   * @throws InvalidSettingsException if the route is missing or wrong
   */
  public static PrepareRoute start(
      Path folder, Map<String, String> camel, Contract contract, Masker masker)
      throws InvalidSettingsException {
    try {
      return new PrepareRoute(RouteFiles.read(folder), camel, contract, masker);
    } catch (IOException e) {
      throw new InvalidSettingsException("cannot read " + SafeQuote.path(folder));
    }
  }

  /** Starts the route of a configuration. */
  public static PrepareRoute start(Configuration plan) throws InvalidSettingsException {
    return new PrepareRoute(plan.files(), plan.settings().camel(), plan.contract(), plan.masker());
  }

  private static CamelConfiguration bind(Map<String, Object> beans) {
    return new CamelConfiguration() {
      @Override
      public void configure(CamelContext context) {
        beans.forEach(context.getRegistry()::bind);
        // The caller has the exception; Camel would log its text, which may hold values.
        context.getCamelContextExtension().setErrorHandlerFactory(new NoErrorHandlerDefinition());
      }
    };
  }

  @Override
  public MaskedMessage prepare(String body, Map<String, MessageAttributeValue> attributes)
      throws RejectedException, IgnoredException, PreparationFailedException {
    Exchange exchange =
        template.send(
            PrepareCheck.FROM,
            sent -> {
              sent.getMessage().setBody(body);
              sent.getMessage().setHeader(Sqs2Constants.MESSAGE_ATTRIBUTES, attributes);
            });
    Throwable failure = exchange.getException();
    OutOfMemory.endIf(failure);
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof RejectedException rejected) {
        throw rejected;
      }
      if (cause instanceof IgnoredException ignored) {
        throw ignored;
      }
    }
    if (failure != null) {
      throw new PreparationFailedException(
          "a step of the route prepare failed (" + failure.getClass().getSimpleName() + ")");
    }
    if (exchange.isRouteStop()
        || !(exchange.getMessage().getBody() instanceof MaskedMessage message)) {
      throw new PreparationFailedException(
          "the route prepare does not end with a masked message; is masker its last step?");
    }
    return message;
  }

  @Override
  public void close() {
    main.stop();
  }
}

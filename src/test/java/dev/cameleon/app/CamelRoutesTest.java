package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.Contract;
import dev.cameleon.contract.StrictJsonDataFormat;
import dev.cameleon.contract.Violation;
import dev.cameleon.db.Database;
import dev.cameleon.db.LoaderPool;
import dev.cameleon.dlq.DeadLetter;
import dev.cameleon.dlq.Rejections;
import dev.cameleon.load.Batch;
import dev.cameleon.load.BatchAggregationStrategy;
import dev.cameleon.load.CommitHandler;
import dev.cameleon.load.DatabaseCircuitBreaker;
import dev.cameleon.load.DatabaseProbe;
import dev.cameleon.load.FailedBatches;
import dev.cameleon.load.GroupOrder;
import dev.cameleon.load.LoadParametersProcessor;
import dev.cameleon.load.LoadStatement;
import dev.cameleon.load.RouteFailureHandler;
import dev.cameleon.load.RowFailures;
import dev.cameleon.load.Shipped;
import dev.cameleon.mask.MaskedMessage;
import dev.cameleon.mask.Masker;
import dev.cameleon.observe.Metrics;
import dev.cameleon.sqs.Acknowledger;
import dev.cameleon.sqs.DeadLetterBrake;
import dev.cameleon.sqs.DeliveryTracking;
import dev.cameleon.sqs.InFlightMessages;
import dev.cameleon.sqs.MessageTracing;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.sqs.ReceiveGate;
import dev.cameleon.sqs.ReceivedMessages;
import dev.cameleon.sqs.SqsBatchCalls;
import dev.cameleon.sqs.SqsQueue;
import dev.cameleon.support.Events;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.Shared;
import dev.cameleon.support.TestQueues;
import dev.cameleon.vault.SuppressionList;
import dev.cameleon.vault.Vault;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.aws2.sqs.Sqs2Constants;
import org.apache.camel.component.mock.InterceptSendToMockEndpointStrategy;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.test.junit5.CamelTestSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The real YAML, route by route: the input, and where the output arrives. */
class CamelRoutesTest extends CamelTestSupport {
  private final InFlightMessages deliveries =
      new InFlightMessages(
          100, 1_000_000, new DeadLetterBrake(new ReceiveGate(), 100), MessageTracing.OFF);
  private final ReceiveGate gate = new ReceiveGate();
  private Masker masker;
  private final ExecutorService loaders = Executors.newFixedThreadPool(1);

  @Override
  protected CamelContext createCamelContext() throws Exception {
    CamelContext context = super.createCamelContext();
    context
        .getCamelContextExtension()
        .registerEndpointCallback(
            new InterceptSendToMockEndpointStrategy("direct:(load|batch|dead-letter)", true));
    Contract contract = Contract.read(Path.of("routes/login.schema.json"));
    LoadStatement statement = Shipped.statement();
    SqsQueue queue =
        new SqsQueue("login-queue", TestQueues.create(30).sourceUrl(), "", 30, 1 << 20);
    Acknowledger acknowledger =
        new Acknowledger(
            new SqsBatchCalls(Shared.sqs().client(), queue), deliveries, gate, loaders);
    GroupOrder order = new GroupOrder(loaders, deliveries, acknowledger);
    context.getRegistry().bind("groupOrder", order);
    context.getRegistry().bind("receivingSqsClient", Shared.sqs().client());
    context.getRegistry().bind("strictJson", new StrictJsonDataFormat());
    context.getRegistry().bind("contract", contract);
    masker = new Masker(FixedKeys.of(0x01020304, 0x0b), contract.personal());
    context.getRegistry().bind("masker", masker);
    context.getRegistry().bind("batchAggregationStrategy", new BatchAggregationStrategy(3, order));
    context.getRegistry().bind("rejections", new Rejections());
    context.getRegistry().bind("loadWorkers", loaders);
    Database.Login login = new Database.Login("jdbc:postgresql:none", "", "");
    LoaderPool database = Database.pool(login, 1, "01020304");
    context.getRegistry().bind("database", database);
    context.getRegistry().bind("loadStatement", statement);
    context.getRegistry().bind("acknowledger", acknowledger);
    context
        .getRegistry()
        .bind("deliveryTracking", new DeliveryTracking(deliveries, gate, acknowledger));
    SuppressionList suppression = new SuppressionList(masker);
    context
        .getRegistry()
        .bind(
            "loadParameters",
            new LoadParametersProcessor(
                new Vault(List.of()), suppression, database, order::withdraw));
    DatabaseProbe probe = new DatabaseProbe(login, "01020304", statement, suppression);
    RowFailures rows = new RowFailures(gate);
    DatabaseCircuitBreaker breaker =
        new DatabaseCircuitBreaker(gate, database, probe, rows, 60_000_000_000L);
    context.getRegistry().bind("databaseCircuitBreaker", breaker);
    CommitHandler loaded =
        new CommitHandler(
            breaker, rows, new Metrics(), statement, MessageTracing.OFF, acknowledger);
    context.getRegistry().bind("commitHandler", loaded);
    context.getRegistry().bind("failedBatches", new FailedBatches(breaker, rows, acknowledger));
    context
        .getRegistry()
        .bind("routeFailureHandler", new RouteFailureHandler(gate, breaker, loaded, acknowledger));
    Properties properties = new Properties();
    properties.put("cameleon.routes", Path.of("routes").toAbsolutePath().toString());
    properties.put("cameleon.queue.name", "login-queue");
    properties.put("cameleon.queue.url", "http://localhost:1/000000000000/login-queue");
    properties.put("cameleon.pollers", "1");
    properties.put("cameleon.batch.rows", "3");
    properties.put("cameleon.batch.wait", "100");
    context.getPropertiesComponent().setInitialProperties(properties);
    for (String file : List.of("errors", "ingest", "prepare", "load")) {
      Resource resource =
          PluginHelper.getResourceLoader(context)
              .resolveResource("file:routes/" + file + ".camel.yaml");
      PluginHelper.getRoutesLoader(context).loadRoutes(resource);
    }
    AdviceWith.adviceWith(context, "ingest", route -> route.replaceFromWith("direct:in"));
    AdviceWith.adviceWith(context, "load", route -> route.replaceFromWith("direct:masked"));
    return context;
  }

  @Test
  void aGoodEventLeavesIngestMasked() throws Exception {
    MockEndpoint load = getMockEndpoint("mock:direct:load");
    load.expectedMessageCount(1);

    receive(Events.login(1).put("ip", "1.2.3.4").toString());

    load.assertIsSatisfied();
    MaskedMessage message = load.getExchanges().get(0).getMessage().getBody(MaskedMessage.class);
    assertThat(message.events().get(0).json())
        .contains("\"ip\":\"ip_01020304_ovudm-4FpIHXDTzDuUSb2A\"")
        .doesNotContain("1.2.3.4");
  }

  @Test
  void aMalformedEventLeavesIngestAsADeadLetter() throws Exception {
    MockEndpoint deadLetter = getMockEndpoint("mock:direct:dead-letter");
    deadLetter.expectedMessageCount(2);

    receive("{broken");
    receive("{\"foo\": 1}");

    deadLetter.assertIsSatisfied();
    assertThat(deadLetter.getExchanges())
        .extracting(exchange -> exchange.getMessage().getBody(DeadLetter.class).reason())
        .containsExactly(Violation.NOT_JSON, Violation.CONTRACT);
  }

  @Test
  void aBatchIsLoadedWhenItIsFullAndElseAfterTheWait() throws Exception {
    MockEndpoint insert = getMockEndpoint("mock:direct:batch");
    insert.expectedMessageCount(2);

    for (int i = 0; i < 4; i++) {
      load(masker.mask(List.of(Events.login(i))));
    }

    insert.assertIsSatisfied();
    assertThat(insert.getExchanges())
        .extracting(exchange -> exchange.getMessage().getBody(Batch.class).size())
        .containsExactly(3, 1);
    assertThat(insert.getExchanges().get(0).getMessage().getHeaders()).isEmpty();
  }

  @Test
  void anUnmaskedMessageNeverEntersABatch() throws Exception {
    MockEndpoint insert = getMockEndpoint("mock:direct:batch");
    insert.expectedMessageCount(1);

    load(Events.login(1).toString());
    load(masker.mask(List.of(Events.login(2))));

    insert.assertIsSatisfied();
    assertThat(insert.getExchanges().get(0).getMessage().getBody(Batch.class).size()).isEqualTo(1);
    Awaitility.await().until(() -> deliveries.account().count(Outcome.RETURNED) == 1);
  }

  private void load(Object body) {
    template.send(
        "direct:masked",
        exchange -> {
          ReceivedMessages.as(exchange, deliveries);
          exchange.getMessage().setBody(body);
        });
  }

  private void receive(String body) {
    String handle = ReceivedMessages.one(deliveries, body);
    template.sendBodyAndHeader("direct:in", body, Sqs2Constants.RECEIPT_HANDLE, handle);
  }
}

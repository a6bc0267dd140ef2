package dev.cameleon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.contract.Contract;
import dev.cameleon.contract.LoginJson;
import dev.cameleon.contract.Reason;
import dev.cameleon.load.Batch;
import dev.cameleon.load.Batching;
import dev.cameleon.load.Database;
import dev.cameleon.load.LoadStatement;
import dev.cameleon.load.Loaded;
import dev.cameleon.load.LoaderPool;
import dev.cameleon.load.Outage;
import dev.cameleon.load.Parameters;
import dev.cameleon.load.Probe;
import dev.cameleon.load.Unexpected;
import dev.cameleon.mask.MaskedRecord;
import dev.cameleon.mask.Masker;
import dev.cameleon.observe.Metrics;
import dev.cameleon.settle.Acknowledger;
import dev.cameleon.settle.Brake;
import dev.cameleon.settle.Custody;
import dev.cameleon.settle.DeadLetter;
import dev.cameleon.settle.Deliveries;
import dev.cameleon.settle.Gate;
import dev.cameleon.settle.Outcome;
import dev.cameleon.settle.Queue;
import dev.cameleon.settle.Received;
import dev.cameleon.settle.Rejects;
import dev.cameleon.support.Events;
import dev.cameleon.support.FixedKeys;
import dev.cameleon.support.Shared;
import dev.cameleon.support.TestQueues;
import dev.cameleon.vault.Suppression;
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

/** The real YAML, route by route: what goes in, and where it comes out. */
class RoutesTest extends CamelTestSupport {
  private final Deliveries deliveries = new Deliveries(100, 1_000_000, new Brake(new Gate(), 100));
  private final Gate gate = new Gate();
  private Masker masker;
  private final ExecutorService loaders = Executors.newFixedThreadPool(1);

  @Override
  protected CamelContext createCamelContext() throws Exception {
    CamelContext context = super.createCamelContext();
    context
        .getCamelContextExtension()
        .registerEndpointCallback(
            new InterceptSendToMockEndpointStrategy("direct:(load|insert|dead-letter)", true));
    Contract contract = Contract.read(Path.of("routes/login.schema.json"));
    LoadStatement statement = LoadStatement.read(Path.of("routes/load.sql"));
    context.getRegistry().bind("intake", Shared.sqs().client());
    context.getRegistry().bind("strictJson", LoginJson.strictMapper());
    context.getRegistry().bind("contract", contract);
    masker = new Masker(FixedKeys.of(0x01020304, 0x0b), contract.personal());
    context.getRegistry().bind("masker", masker);
    context.getRegistry().bind("batching", new Batching());
    context.getRegistry().bind("rejects", new Rejects());
    context.getRegistry().bind("loaders", loaders);
    Database.Login login = new Database.Login("jdbc:postgresql:none", "", "");
    LoaderPool database = Database.pool(login, 1, "01020304");
    context.getRegistry().bind("database", database);
    Queue queue = new Queue("login-queue", TestQueues.create(30).sourceUrl(), "", 30, 1 << 20);
    Acknowledger acknowledger =
        new Acknowledger(Shared.sqs().client(), queue, deliveries, gate, loaders);
    context.getRegistry().bind("custody", new Custody(deliveries, gate, acknowledger));
    Suppression suppression = new Suppression(masker);
    context
        .getRegistry()
        .bind("parameters", new Parameters(new Vault(List.of()), suppression, database));
    Probe probe = new Probe(login, "01020304", statement, suppression);
    Outage outage = new Outage(gate, acknowledger, database, probe, 60_000_000_000L);
    context.getRegistry().bind("outage", outage);
    Loaded loaded = new Loaded(outage, new Metrics(), acknowledger);
    context.getRegistry().bind("loaded", loaded);
    context.getRegistry().bind("unexpected", new Unexpected(gate, outage, loaded, acknowledger));
    Properties properties = new Properties();
    properties.put("cameleon.routes", Path.of("routes").toAbsolutePath().toString());
    properties.put("cameleon.queue.name", "login-queue");
    properties.put("cameleon.queue.url", "http://localhost:1/000000000000/login-queue");
    properties.put("cameleon.pollers", "1");
    properties.put("cameleon.batch.rows", "3");
    properties.put("cameleon.batch.wait", "100");
    context.getPropertiesComponent().setInitialProperties(properties);
    for (String file : List.of("errors", "ingest", "load")) {
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
    MaskedRecord record = load.getExchanges().get(0).getMessage().getBody(MaskedRecord.class);
    assertThat(record.json())
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
        .containsExactly(Reason.NOT_JSON, Reason.CONTRACT);
  }

  @Test
  void aBatchIsLoadedWhenItIsFullAndElseAfterTheWait() throws Exception {
    MockEndpoint insert = getMockEndpoint("mock:direct:insert");
    insert.expectedMessageCount(2);

    for (int i = 0; i < 4; i++) {
      load(masker.mask(Events.login(i)));
    }

    insert.assertIsSatisfied();
    assertThat(insert.getExchanges())
        .extracting(exchange -> exchange.getMessage().getBody(Batch.class).size())
        .containsExactly(3, 1);
    assertThat(insert.getExchanges().get(0).getMessage().getHeaders()).isEmpty();
  }

  @Test
  void whatIsNotMaskedNeverEntersABatch() throws Exception {
    MockEndpoint insert = getMockEndpoint("mock:direct:insert");
    insert.expectedMessageCount(1);

    load(Events.login(1).toString());
    load(masker.mask(Events.login(2)));

    insert.assertIsSatisfied();
    assertThat(insert.getExchanges().get(0).getMessage().getBody(Batch.class).size()).isEqualTo(1);
    Awaitility.await().until(() -> deliveries.account().count(Outcome.RETURNED) == 1);
  }

  private void load(Object body) {
    template.send(
        "direct:masked",
        exchange -> {
          Received.as(exchange, deliveries);
          exchange.getMessage().setBody(body);
        });
  }

  private void receive(String body) {
    String handle = Received.one(deliveries, body);
    template.sendBodyAndHeader("direct:in", body, Sqs2Constants.RECEIPT_HANDLE, handle);
  }
}

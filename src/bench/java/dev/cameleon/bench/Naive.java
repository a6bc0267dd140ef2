package dev.cameleon.bench;

import dev.cameleon.app.Configuration;
import dev.cameleon.app.Preflight;
import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.Settings;
import dev.cameleon.db.Database;
import dev.cameleon.mask.Masker;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.Main;
import org.apache.camel.model.dataformat.JsonLibrary;
import software.amazon.awssdk.services.sqs.SqsClient;

/** The route that everybody writes first: one insert per row, one delete per message. */
public final class Naive {
  private Naive() {}

  /** Runs until the process is ended. */
  public static void main(String[] arguments) throws Exception {
    Settings settings = Settings.read(System.getenv());
    Configuration plan = Configuration.read(settings);
    SqsClient sqs = AwsClients.sqs(settings.load().pollers());
    String url = Preflight.open(plan, sqs, true).source().url();
    Masker masker = new Masker(plan.keyset(), plan.contract().personal());
    Main main = new Main();
    main.bind("sqs", sqs);
    main.bind(
        "database",
        Database.pool(settings.database().loader(), settings.load().pollers(), plan.keyset().currentId()));
    main.configure().addRoutesBuilder(route(url, masker));
    main.run();
  }

  private static RouteBuilder route(String url, Masker masker) {
    return new RouteBuilder() {
      @Override
      public void configure() {
        from("aws2-sqs:login-queue?queueUrl="
                + url
                + "&maxMessagesPerPoll=10&waitTimeSeconds=20&greedy=true")
            .unmarshal()
            .json(JsonLibrary.Jackson, ObjectNode.class)
            .process(
                exchange -> {
                  ObjectNode event = exchange.getMessage().getBody(ObjectNode.class);
                  masker.maskEvent(event);
                  event
                      .properties()
                      .forEach(
                          field ->
                              exchange
                                  .getMessage()
                                  .setHeader(field.getKey(), field.getValue().textValue()));
                })
            .setBody(
                constant(
                    "INSERT INTO user_logins (user_id, device_type, masked_ip, maked_device_id,"
                        + " locale, app_version, create_date) VALUES (:?user_id, :?device_type,"
                        + " :?ip, :?device_id, :?locale, split_part(:?app_version, '.', 1)::int,"
                        + " current_date)"))
            .to("jdbc:database?useHeadersAsParameters=true");
      }
    };
  }
}

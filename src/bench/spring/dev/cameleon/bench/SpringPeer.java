package dev.cameleon.bench;

import dev.cameleon.app.Configuration;
import dev.cameleon.config.Settings;
import dev.cameleon.contract.StrictJson;
import dev.cameleon.mask.Masker;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.zaxxer.hikari.HikariDataSource;
import io.awspring.cloud.sqs.listener.ListenerMode;
import io.awspring.cloud.sqs.listener.MessageListener;
import io.awspring.cloud.sqs.listener.SqsMessageListenerContainer;
import java.sql.Date;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.messaging.Message;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;

/**
 * A typical implementation with Spring Cloud AWS: a batch listener, and one JDBC batch for its messages. It masks the same fields with the same functions, but has no contract, ledger, vault or dead letters of its own.
 *
 * <p>System properties: {@code peer.batch} (messages per call), {@code peer.concurrent} (in flight at most), {@code
 * peer.connections}.
 */
public final class SpringPeer {
  private static final int BATCH = Integer.getInteger("peer.batch", 10);
  private static final int CONCURRENT = Integer.getInteger("peer.concurrent", 1000);
  private static final int CONNECTIONS = Integer.getInteger("peer.connections", 256);
  private static final int DATABASE_CONNECTIONS = 8;

  private static final String INSERT =
      "INSERT INTO user_logins (user_id, device_type, masked_ip, maked_device_id, locale, app_version, create_date)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?)";

  private final ObjectMapper json = StrictJson.strictMapper();
  private final Masker masker;
  private final JdbcTemplate jdbc;

  private SpringPeer(Masker masker, JdbcTemplate jdbc) {
    this.masker = masker;
    this.jdbc = jdbc;
  }

  /** Runs until the process is ended. */
  public static void main(String[] arguments) throws Exception {
    Settings settings = Settings.read(System.getenv());
    Configuration plan = Configuration.read(settings);
    HikariDataSource pool = new HikariDataSource();
    pool.setJdbcUrl(System.getenv("CAMELEON_DB_URL") + "?reWriteBatchedInserts=true");
    pool.setUsername("postgres");
    pool.setPassword("postgres");
    pool.setMaximumPoolSize(DATABASE_CONNECTIONS);
    SpringPeer peer =
        new SpringPeer(new Masker(plan.keyset(), plan.contract().personal()), new JdbcTemplate(pool));
    SqsAsyncClient sqs =
        SqsAsyncClient.builder()
            .httpClientBuilder(NettyNioAsyncHttpClient.builder().maxConcurrency(CONNECTIONS))
            .build();
    SqsMessageListenerContainer.<Object>builder()
        .sqsAsyncClient(sqs)
        .queueNames(System.getenv("CAMELEON_QUEUE"))
        .configure(
            options ->
                options
                    .listenerMode(ListenerMode.BATCH)
                    .maxMessagesPerPoll(BATCH)
                    .maxConcurrentMessages(CONCURRENT)
                    .pollTimeout(Duration.ofSeconds(20)))
        .messageListener(
            new MessageListener<>() {
              @Override
              public void onMessage(Message<Object> message) {
                throw new IllegalStateException("a batch listener");
              }

              @Override
              public void onMessage(Collection<Message<Object>> messages) {
                peer.load(messages);
              }
            })
        .build()
        .start();
    Thread.currentThread().join();
  }

  private void load(Collection<Message<Object>> messages) {
    List<Object[]> rows = new ArrayList<>(messages.size());
    Date today = Date.valueOf(LocalDate.now(ZoneOffset.UTC));
    for (Message<Object> message : messages) {
      ObjectNode event = read((String) message.getPayload());
      masker.maskEvent(event);
      String version = event.get("app_version").textValue();
      rows.add(
          new Object[] {
            event.get("user_id").textValue(),
            event.get("device_type").textValue(),
            event.get("ip").textValue(),
            event.get("device_id").textValue(),
            event.path("locale").textValue(),
            Integer.valueOf(version.substring(0, version.indexOf('.'))),
            today
          });
    }
    jdbc.batchUpdate(INSERT, rows);
  }

  private ObjectNode read(String body) {
    try {
      return (ObjectNode) json.readTree(body);
    } catch (java.io.IOException e) {
      throw new IllegalArgumentException(e);
    }
  }
}

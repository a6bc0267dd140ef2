package dev.cameleon.support;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * One SQS for all tests, and one PostgreSQL for those of this JVM; each test gets its own queues
 * and database.
 */
public final class Shared {
  static {
    // Awaitility's own 10 s are too short on a busy machine.
    Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
    // Most conditions ask a server: the longer a test waits, the less often.
    Awaitility.setDefaultPollInterval(
        (count, previous) -> Duration.ofMillis(Math.min(50L + 25L * count, 300L)));
  }

  private static LocalSqs sqs;
  private static LocalPostgres postgres;

  private Shared() {}

  /** The SQS, to which the SDK's system properties point from now on. */
  public static synchronized LocalSqs sqs() {
    if (sqs == null) {
      sqs = LocalSqs.shared();
      System.setProperty("aws.endpointUrl", sqs.endpoint().toString());
      System.setProperty("aws.region", "eu-central-1");
      System.setProperty("aws.accessKeyId", "x");
      System.setProperty("aws.secretAccessKey", "x");
      Runtime.getRuntime().addShutdownHook(new Thread(sqs::close));
    }
    return sqs;
  }

  /** The PostgreSQL; it ends with the JVM. */
  public static synchronized LocalPostgres postgres() {
    if (postgres == null) {
      postgres = LocalPostgres.startInMemory();
      Runtime.getRuntime().addShutdownHook(new Thread(postgres::close));
    }
    return postgres;
  }

  private static synchronized void dropDatabases() {
    if (postgres != null) {
      postgres.dropAll();
    }
  }

  /** Drops the databases of each test class after its end, because they take memory. */
  public static final class DropDatabases implements AfterAllCallback {
    @Override
    public void afterAll(ExtensionContext context) {
      dropDatabases();
    }
  }
}

package dev.cameleon.support;

/** One SQS and one PostgreSQL for all tests of this JVM; each test takes queues and a database. */
public final class Shared {
  private static LocalSqs sqs;
  private static LocalPostgres postgres;

  private Shared() {}

  /** The SQS. The SDK's system properties point to it from now on. */
  public static synchronized LocalSqs sqs() {
    if (sqs == null) {
      sqs = LocalSqs.start();
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
      postgres = LocalPostgres.start();
      Runtime.getRuntime().addShutdownHook(new Thread(postgres::close));
    }
    return postgres;
  }
}

package dev.cameleon.demo;

import java.util.ArrayList;
import java.util.List;

/** The commands to type next. */
final class Hints {
  private Hints() {}

  /** The commands for the operator's own queue and database. */
  static List<String> forYourQueue() {
    return List.of(
        "",
        "The same with your queue and your database",
        "  mvn -q package -DskipTests",
        "  java -jar target/cameleon.jar keys create --out keys/mask.json",
        "  export AWS_REGION=eu-central-1 CAMELEON_QUEUE=… CAMELEON_DEAD_LETTER_QUEUE=…",
        "  export CAMELEON_DB_URL=jdbc:postgresql://…/… CAMELEON_DB_USER=… CAMELEON_DB_PASSWORD=…",
        "  java -jar target/cameleon.jar check --sample 5     # tries everything, changes nothing",
        "  java -jar target/cameleon.jar run");
  }

  /** How to reach the servers that were left running. */
  static List<String> kept(LocalSite site) {
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(
        "The servers stay up until Enter or Ctrl-C (or: kill "
            + ProcessHandle.current().pid()
            + ", which Maven reports as a failure). In another terminal:");
    site.exports().forEach(export -> lines.add("  " + export));
    lines.add(
        "  aws sqs send-message --endpoint-url $AWS_ENDPOINT_URL --queue-url "
            + site.queues().url()
            + " --message-body '"
            + new SampleEvents(System.nanoTime()).logins(SampleEvents.SPELLINGS).get(0)
            + "'");
    lines.add("  " + site.psql() + " -c 'TABLE cameleon.duplicate_ips'");
    lines.add("  mvn -q package -DskipTests && java -jar target/cameleon.jar run");
    lines.add("To try this clone's routes/, or a folder of your own (init DIR), on these servers:");
    lines.add("  unset CAMELEON_CONFIG CAMELEON_ROUTES    # they name the demo's files");
    lines.add("  and keep CAMELEON_KEYSET: the demo's database is masked with that key");
    return lines;
  }
}

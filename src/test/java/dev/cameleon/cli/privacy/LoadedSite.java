package dev.cameleon.cli.privacy;

import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Commands;
import dev.cameleon.support.Events;
import dev.cameleon.support.LocalPostgres.TestDatabase;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Program;
import dev.cameleon.support.Recipients;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A database that a member of cameleon_loader filled through the shipped routes, with a vault for
 * two recipients.
 *
 * @param folder the site's folder
 * @param database the loaded database
 * @param anna the private key of a recipient
 * @param ben the private key of another recipient
 */
record LoadedSite(Path folder, TestDatabase database, Path anna, Path ben) {
  static final String ADDRESS = "203.0.113.77";

  /** A value with control characters for terminals. */
  static final String DEVICE = "a\tb\u001b[2J\u202eé";

  static LoadedSite in(Path folder) throws Exception {
    Site site = Site.in(folder);
    Path anna = Recipients.add(folder, "anna");
    Path ben = Recipients.add(folder, "ben");
    site.migrate();
    site.environment().putAll(LoginRole.in(site.database(), "cameleon_loader").environment());
    site.with("CAMELEON_MIGRATE", "false")
        .with("CAMELEON_RECIPIENTS", folder.resolve("recipients").toString());
    List<String> bodies = new ArrayList<>(Events.bodies(20));
    bodies.add(Events.login(100).put("ip", ADDRESS).put("device_id", DEVICE).toString());
    bodies.add("{\"foo\": \"oops_wrong_msg_type\", \"bar\": \"123\"}");
    site.queues().send(bodies);
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 21).await(Outcome.DEAD_LETTERED, 1);
    }
    return new LoadedSite(folder, site.database(), anna, ben);
  }

  /** The token in this column of the one row that came with the address. */
  String token(String column) {
    return database
        .query("SELECT " + column + " FROM user_logins WHERE user_id = 'user-100'")
        .get(0)
        .get(0);
  }

  Program.Result reveal(LoginRole who, Path key, String... tokens) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of("reveal", "--private-key=" + key, "--purpose=a court order", "--ticket=T-17"));
    arguments.addAll(List.of(tokens));
    return Commands.run(who.environment(), folder, arguments.toArray(new String[0]));
  }

  /** The audit rows of one login: seq, act, token, purpose, ticket, detail. */
  List<List<String>> audit(LoginRole who) {
    return database.query(
        "SELECT seq, act, token, purpose, ticket, detail FROM cameleon.acts WHERE actor = '"
            + who.name()
            + "' ORDER BY seq");
  }
}

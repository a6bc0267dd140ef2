package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Commands;
import dev.cameleon.support.Events;
import dev.cameleon.support.LoginRole;
import dev.cameleon.support.Program;
import dev.cameleon.support.Run;
import dev.cameleon.support.Site;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code load.sql} writes only tables that {@code cameleon.tables} declares and the database has
 * recorded.
 */
class DeclaredTablesTest {
  private static final String BOTH = "public.user_logins(user_id), public.last_login(user_id)";

  @TempDir private Path folder;
  private Site site;

  @BeforeEach
  void aSecondTable() throws Exception {
    site = Site.in(folder);
    site.migrate();
    site.database()
        .execute(
            "CREATE TABLE public.last_login (n bigserial, user_id varchar(128) UNIQUE, ip text);"
                + " CREATE VIEW public.a_view AS SELECT user_id, ip FROM public.last_login");
  }

  private void alsoInto(String table) {
    site.append(
        "load.sql", "\nINSERT INTO " + table + " (user_id, ip) SELECT user_id, ip FROM event");
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"public.last_login", "public.a_view"})
  void aTableThatIsNotDeclaredIsRefusedBeforeTheFirstChange(String table) throws Exception {
    alsoInto(table);
    site.queues().send(List.of(Events.login(1).toString()));

    assertThatThrownBy(() -> Run.on(site))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessageContaining("load.sql writes public.last_login")
        .hasMessageContaining("CAMELEON_TABLES");
    Program.Result check = Commands.run(site.environment(), folder, "check");
    assertThat(check.exitCode()).isEqualTo(2);
    assertThat(check.out()).contains("WRONG").contains("load.sql writes public.last_login");
    assertThat(site.database().number("SELECT count(*) FROM user_logins")).isZero();
    assertThat(site.queues().left()).isEqualTo(1);
  }

  @Test
  void loadSqlMayNotWriteCameleonsOwnTables() throws Exception {
    site.append(
        "load.sql", "\nINSERT INTO cameleon.suppressed (subject) SELECT user_id FROM event");

    assertThatThrownBy(() -> Run.on(site))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessageContaining("cameleon.suppressed, one of Cameleon's own tables");
  }

  @Test
  void aLoaderWithoutMigrationsWaitsForTheRecordAndThenHasItsRights() throws Exception {
    alsoInto("public.last_login");
    site.append("load.sql", " ON CONFLICT (user_id) DO UPDATE SET ip = excluded.ip");
    site.with("CAMELEON_TABLES", BOTH).with("CAMELEON_MIGRATE", "false");

    assertThatThrownBy(() -> Run.on(site))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessageContaining("no record that the pipeline login loads public.last_login")
        .hasMessageContaining("run migrate");

    Program.Result migrate = Commands.run(site.environment(), folder, "migrate");
    assertThat(migrate.exitCode()).as(migrate.err()).isZero();
    LoginRole.in(site.database(), "cameleon_loader").environment().forEach(site::with);
    site.queues().send(List.of(Events.login(1).toString(), Events.login(1).toString()));
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1);
    }
    site.queues().send(List.of(Events.login(1).toString()));
    String metrics;
    try (Run run = Run.on(site)) {
      run.await(Outcome.LOADED, 1);
      metrics = run.scrape();
    }
    assertThat(site.database().number("SELECT count(*) FROM last_login")).isEqualTo(1);
    assertThat(metrics)
        .contains("cameleon_rows_total{table=\"public.last_login\"} 1.0")
        .contains("cameleon_rows_total{table=\"public.user_logins\"} 1.0")
        .contains("cameleon_info{pipeline=\"login\"} 1");
  }

  @Test
  void theRecordIsShownAndATableLeavesItByCommandOnly() throws Exception {
    alsoInto("public.last_login");
    site.with("CAMELEON_TABLES", BOTH);
    Commands.run(site.environment(), folder, "migrate");
    site.edit(
        "load.sql",
        "\nINSERT INTO public.last_login (user_id, ip) SELECT user_id, ip FROM event",
        "");
    site.with("CAMELEON_TABLES", "public.user_logins(user_id)");
    Commands.run(site.environment(), folder, "migrate");

    Program.Result list = Commands.run(site.environment(), folder, "tables", "list");
    assertThat(list.out().lines())
        .containsExactly("login: public.last_login(user_id)", "login: public.user_logins(user_id)");

    Program.Result kept =
        Commands.run(site.environment(), folder, "tables", "remove", "public.last_login");
    assertThat(kept.exitCode()).isEqualTo(1);
    assertThat(kept.err()).contains("the table exists");

    site.database().execute("DROP TABLE public.last_login CASCADE");
    Program.Result gone =
        Commands.run(site.environment(), folder, "tables", "remove", "public.last_login");
    assertThat(gone.exitCode()).as(gone.err()).isZero();
    assertThat(
            site.database().query("SELECT detail FROM cameleon.audit WHERE act = 'remove-table'"))
        .containsExactly(List.of("public.last_login"));
    assertThat(Commands.run(site.environment(), folder, "tables", "list").out().lines())
        .containsExactly("login: public.user_logins(user_id)");
  }
}

package dev.cameleon.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cameleon.db.Database;
import dev.cameleon.db.SqlErrors;
import dev.cameleon.support.Events;
import dev.cameleon.support.LoginRole;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Access to the rows of a person, and the audit's record of the request. */
class PersonRowsTest {
  private static final String ADA = "ada-4711";
  private static final byte[] SALT = new byte[32];

  @TempDir private Path folder;
  private VaultSite site;
  private LoginRole revealer;

  @BeforeEach
  void loadRowsOfTwo() throws Exception {
    site = new VaultSite(folder);
    site.load(
        Events.login(1).put("user_id", ADA).put("ip", "203.0.113.77"),
        Events.login(2).put("user_id", ADA).putNull("ip"),
        Events.login(3).put("user_id", "bob"));
    revealer = LoginRole.in(site.database(), "cameleon_revealer");
  }

  @Test
  void theRowsOfOnePersonComeWithAllTheirColumnsAndTheAuditDoesNotIdentifyThem() throws Exception {
    List<JsonNode> rows;
    Reveal.Answer answer;
    try (Connection connection = revealer.connect()) {
      Reveal reveal =
          new Reveal(connection, site.key(), Optional.of(site.keyset()), "Art. 15", "T-1");
      rows = reveal.rowsOf(ADA, 10).stream().map(PersonRow::columns).toList();
      answer = reveal.ask(site.ip("203.0.113.77"));
      assertThat(reveal.rowsOf(ADA, 1)).hasSize(1);
      assertThat(reveal.rowsOf("nobody", 10)).isEmpty();
    }

    assertThat(rows).hasSize(2);
    assertThat(rows).allSatisfy(row -> assertThat(row.get("user_id").asText()).isEqualTo(ADA));
    assertThat(rows)
        .extracting(row -> row.get("masked_ip").asText("-"))
        .containsExactlyInAnyOrder(site.ip("203.0.113.77"), "-");
    assertThat(rows.get(0).properties()).hasSize(7);
    assertThat(rows.get(0).get("create_date").asText()).isEqualTo("2026-01-31");
    assertThat(answer.value()).contains("203.0.113.77");
    List<List<String>> audit =
        site.database()
            .query(
                "SELECT act, token, purpose, ticket, detail FROM cameleon.acts WHERE actor = '"
                    + revealer.name()
                    + "' ORDER BY seq");
    assertThat(audit.get(0).subList(0, 4))
        .isEqualTo(Arrays.asList("reveal-user", null, "Art. 15", "T-1"));
    assertThat(audit.get(0).get(4)).matches("[0-9a-f]{64}");
    assertThat(audit.get(1).get(4)).matches("request \\d+: 2 rows");
    // Two requests about one person look like requests about different persons, and guesses cannot
    // be tested.
    assertThat(audit.get(4).get(4)).matches("[0-9a-f]{64}").isNotEqualTo(audit.get(0).get(4));
    assertThat(audit.toString()).doesNotContain(ADA, about(new byte[0], ADA));
  }

  @Test
  void numbersKeepEveryDigit() throws Exception {
    site.database()
        .execute(
            "ALTER TABLE public.user_logins ADD paid numeric DEFAULT 12345678901234567.890,"
                + " ADD bought jsonb DEFAULT '[{\"price\": 9.990}]'");

    List<PersonRow> rows;
    try (Connection connection = revealer.connect()) {
      rows =
          new Reveal(connection, site.key(), Optional.of(site.keyset()), "Art. 15", "T-1")
              .rowsOf(ADA, 1);
    }

    assertThat(rows)
        .extracting(PersonRow::columns)
        .extracting(row -> row.get("paid").decimalValue(), row -> row.get("bought").toString())
        .containsExactly(tuple(new BigDecimal("12345678901234567.890"), "[{\"price\":9.990}]"));
  }

  @Test
  void aRequestAboutOnePersonDoesNotOpenAnothersRows() throws Exception {
    try (Connection connection = revealer.connect()) {
      long request = request(connection, about(SALT, ADA));

      assertThat(rows(connection, request, ADA, SALT)).isEqualTo(2);
      assertRefused(connection, request, "bob", SALT, "about somebody else");
      assertRefused(connection, request, ADA, new byte[31], "about somebody else");
    }
  }

  @Test
  void aSaltThatIsShortOrNoneOrMovesBytesIntoTheUserIdIsRefused() throws Exception {
    byte[] moved =
        (new String(SALT, StandardCharsets.US_ASCII) + "b").getBytes(StandardCharsets.US_ASCII);
    try (Connection connection = revealer.connect()) {
      assertRefused(
          connection, request(connection, about(new byte[0], ADA)), ADA, new byte[0], "else");
      assertRefused(
          connection, request(connection, about(new byte[15], ADA)), ADA, new byte[15], "else");
      assertRefused(connection, request(connection, about(SALT, ADA)), ADA, null, "else");
      assertRefused(connection, request(connection, null), ADA, SALT, "else");
      assertRefused(connection, request(connection, null), ADA, null, "else");
      assertRefused(connection, request(connection, about(SALT, "bob")), "ob", moved, "else");
    }
  }

  @Test
  void theRequestsOwnTransactionSomebodyElsesAndAnotherActGetNothing() throws Exception {
    try (Connection connection = revealer.connect();
        Connection other = LoginRole.in(site.database(), "cameleon_revealer").connect()) {
      long request = request(connection, about(SALT, ADA));
      assertRefused(other, request, ADA, SALT, "no such request");
      long reveal =
          Audit.record(connection, new Audit.Act("reveal", null, "x", null, about(SALT, ADA)))
              .seq();
      assertRefused(connection, reveal, ADA, SALT, "no such request");
      connection.setAutoCommit(false);
      assertRefused(
          connection, request(connection, about(SALT, ADA)), ADA, SALT, "must be committed first");
    }
  }

  @Test
  void aRequestThatIsAboutAPersonOpensNoEntryOfTheVault() throws Exception {
    try (Connection connection = revealer.connect();
        Statement statement = connection.createStatement()) {
      long request = request(connection, about(SALT, ADA));

      assertThatThrownBy(() -> statement.execute("SELECT cameleon.reveal(" + request + ")"))
          .satisfies(failure -> assertThat(SqlErrors.state(failure)).isEqualTo("CM002"));
    }
  }

  @Test
  void maskedUserIdsAreRecognized() throws Exception {
    try (Connection connection = Database.connect(site.login("cameleon_revealer"))) {
      Reveal reveal = new Reveal(connection, site.key(), Optional.empty(), "x", null);

      assertThat(reveal.masksUsers()).isFalse();
      site.database().execute("INSERT INTO cameleon.masked_field VALUES ('user_id', 'text')");
      assertThat(reveal.masksUsers()).isTrue();
    }
  }

  /** A policy's function would run with the rights of schema cameleon's owner. */
  @Test
  void aPolicyOfTheTablesOwnerIsNotRunWithOurRights() throws Exception {
    aPolicyOfTheTablesOwner();
    try (Connection connection = revealer.connect();
        Statement statement = connection.createStatement()) {
      long request = request(connection, about(SALT, ADA));
      statement.execute("SET row_security = on"); // our own sessions turn it off

      assertThatThrownBy(() -> rows(connection, request, ADA, SALT))
          .hasMessageContaining("would be affected by row-level security policy")
          .satisfies(failure -> assertThat(SqlErrors.state(failure)).isEqualTo("42501"));
    }
    assertThat(site.database().query("SELECT who FROM public.trap")).isEmpty();
  }

  /** A row hidden by the policy may have the token, so the token must stay in the audit. */
  @Test
  void noTokenLeavesTheAuditWhileAPolicyMayHideItsRows() throws Exception {
    String unused = "ip_11111111_AAAAAAAAAAAAAAAAAAAAAA";
    aPolicyOfTheTablesOwner();
    try (Connection connection = site.database().connect();
        Statement statement = connection.createStatement()) {
      Audit.record(connection, new Audit.Act("reveal", unused, "why", null, null));
      statement.execute("SET row_security = on");

      assertThatThrownBy(
              () -> statement.execute("SELECT cameleon.erase_tokens(ARRAY['" + unused + "'])"))
          .hasMessageContaining("would be affected by row-level security policy");
    }
    assertThat(site.database().query("SELECT who FROM public.trap")).isEmpty();
    assertThat(site.database().query("SELECT token FROM cameleon.audit_token"))
        .contains(List.of(unused));
  }

  /** Gives the functions of schema cameleon to an owner to whom policies apply. */
  private void aPolicyOfTheTablesOwner() {
    site.database()
        .execute(
            """
            CREATE TABLE public.trap (who text);
            CREATE FUNCTION public.spy() RETURNS boolean LANGUAGE plpgsql AS
              'BEGIN INSERT INTO public.trap VALUES (current_user); RETURN true; END';
            CREATE ROLE tables_owner_%1$s;
            CREATE ROLE schemas_owner_%1$s;
            GRANT INSERT ON public.trap TO PUBLIC;
            ALTER TABLE public.user_logins OWNER TO tables_owner_%1$s;
            ALTER TABLE public.user_logins ENABLE ROW LEVEL SECURITY;
            CREATE POLICY spy ON public.user_logins USING (public.spy());
            GRANT SELECT ON public.user_logins TO schemas_owner_%1$s;
            GRANT USAGE, CREATE ON SCHEMA cameleon TO schemas_owner_%1$s;
            GRANT ALL ON ALL TABLES IN SCHEMA cameleon TO schemas_owner_%1$s;
            GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA cameleon TO schemas_owner_%1$s;
            ALTER FUNCTION cameleon.rows_of(bigint, text, bytea) OWNER TO schemas_owner_%1$s;
            ALTER FUNCTION cameleon.erase_tokens(text[]) OWNER TO schemas_owner_%1$s
            """
                .formatted(site.database().name()));
  }

  @Test
  void aTokenIsRevealedInTheColumnOfItsFieldOnly() throws Exception {
    String ip = "ip_11111111_AAAAAAAAAAAAAAAAAAAAAA";
    try (Connection connection = Database.connect(site.login("cameleon_revealer"))) {
      Reveal reveal = new Reveal(connection, site.key(), Optional.empty(), "x", null);
      MaskedColumns shipped = reveal.maskedColumns();
      site.database()
          .execute(
              "INSERT INTO cameleon.masked_field VALUES ('user_id', 'text'), ('proxy_ip', 'ip')");
      MaskedColumns more = reveal.maskedColumns();

      assertThat(shipped.masks("user_id")).isFalse();
      assertThat(shipped.fits("user_id", ip)).isFalse();
      assertThat(shipped.fits("masked_ip", ip)).isTrue();
      assertThat(shipped.fits("maked_device_id", ip)).isFalse();
      assertThat(shipped.fits("proxy_ip", ip)).isFalse();
      assertThat(more.masks("user_id")).isTrue();
      assertThat(more.fits("user_id", ip)).isFalse();
      assertThat(more.fits("user_id", ip.replace("ip_", "user_id_"))).isTrue();
      assertThat(more.fits("masked_proxy_ip", ip)).isTrue();
      assertThat(more.fits("proxy_ip", ip)).isTrue();
      assertThat(more.fits("locale", ip)).isFalse();
    }
  }

  private static long request(Connection connection, String about) throws SQLException {
    return Audit.record(connection, new Audit.Act("reveal-user", null, "Art. 15", null, about))
        .seq();
  }

  private static String about(byte[] salt, String user) throws Exception {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    sha256.update(salt);
    return HexFormat.of().formatHex(sha256.digest(user.getBytes(StandardCharsets.UTF_8)));
  }

  private static long rows(Connection connection, long request, String user, byte[] salt)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT cameleon.rows_of(?, ?, ?)")) {
      statement.setLong(1, request);
      statement.setString(2, user);
      statement.setBytes(3, salt);
      try (var rows = statement.executeQuery()) {
        long count = 0;
        while (rows.next()) {
          count++;
        }
        return count;
      }
    }
  }

  private static void assertRefused(
      Connection connection, long request, String user, byte[] salt, String said) {
    assertThatThrownBy(() -> rows(connection, request, user, salt))
        .satisfies(
            failure -> {
              assertThat(SqlErrors.state(failure)).isEqualTo("CM002");
              assertThat(SqlErrors.describe(failure)).contains(said).doesNotContain(user);
            });
  }
}

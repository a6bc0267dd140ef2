package dev.cameleon.app;

import dev.cameleon.app.SelfCheck.Finding;
import dev.cameleon.app.SelfCheck.Result;
import dev.cameleon.aws.AwsClients;
import dev.cameleon.config.DatabaseSettings;
import dev.cameleon.db.Database;
import dev.cameleon.db.LoadedTable;
import dev.cameleon.sqs.SqsErrors;
import dev.cameleon.sqs.SqsQueue;
import java.net.URI;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.SqsException;

/** The part of {@link SelfCheck} about encryption in transit and about what this process may do. */
final class TransportChecks {
  private static final String STRONGEST = "verify-full";

  private static final String HTTPS = "https";

  /** A receipt handle that belongs to no message, so that a call with it changes nothing. */
  private static final String NO_RECEIPT = "check";

  /**
   * Part of a refusal's error code; the HTTP status does not tell, because throttling can have the
   * same.
   */
  private static final String DENIED = "AccessDenied";

  private TransportChecks() {}

  /** Whether this session is encrypted, and whether the URL guarantees it for all sessions. */
  static Finding database(Connection connection, Database.Login login) throws SQLException {
    String session;
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) {
      boolean encrypted = row.next() && row.getBoolean(1);
      session = encrypted ? "encrypted with " + row.getString(2) : "not encrypted";
    }
    String mode = Database.sslMode(login.url());
    String detail = "the session is " + session + " (sslmode=" + mode + ")";
    if (DatabaseSettings.isOnThisMachine(login.url())) {
      return new Finding("transport", Result.OK, detail + "; the database is on this machine");
    }
    return mode.equals(STRONGEST)
        ? new Finding("transport", Result.OK, detail)
        : new Finding(
            "transport",
            Result.NOTE,
            detail
                + "; the database is on another machine, and the client does not verify"
                + " its name: set sslmode=verify-full and sslrootcert=FILE in"
                + " cameleon.db.url");
  }

  /**
   * Whether calls to the queues are encrypted.
   *
   * @param endpoint where they go; empty: to AWS's own endpoint
   */
  static Finding queue(Optional<URI> endpoint) {
    String scheme =
        endpoint.map(URI::getScheme).map(name -> name.toLowerCase(Locale.ROOT)).orElse(HTTPS);
    String host = endpoint.map(URI::getHost).orElse("");
    if (scheme.equals(HTTPS)) {
      return new Finding("transport", Result.OK, "calls to SQS are encrypted (HTTPS)");
    }
    return DatabaseSettings.isLoopback(host)
        ? new Finding(
            "transport", Result.OK, "calls to SQS are not encrypted; SQS is on this machine")
        : new Finding(
            "transport",
            Result.NOTE,
            "calls to SQS on another machine are not encrypted: use an https:// endpoint");
  }

  /** Finds missing rights to settle messages; looking up a queue takes other rights. */
  static List<Finding> rights(SqsClient sqs, SqsQueue source) {
    return Stream.of(
            missing(
                "sqs:DeleteMessage",
                () ->
                    sqs.deleteMessage(
                        call -> call.queueUrl(source.url()).receiptHandle(NO_RECEIPT))),
            missing(
                "sqs:ChangeMessageVisibility",
                () ->
                    sqs.changeMessageVisibility(
                        call ->
                            call.queueUrl(source.url())
                                .receiptHandle(NO_RECEIPT)
                                .visibilityTimeout(0))))
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<Finding> missing(String action, Runnable call) {
    try {
      call.run();
      return Optional.empty();
    } catch (SqsException e) {
      return AwsClients.code(e).contains(DENIED) // otherwise SQS complains about the receipt handle
          ? Optional.of(
              failed(
                  SqsErrors.describe(e)
                      + ": allow "
                      + action
                      + " on the source queue, in the role and in the policies of queue and VPC"
                      + " endpoint"))
          : Optional.empty();
    } catch (SdkException e) {
      return Optional.of(failed(SqsErrors.describe(e)));
    }
  }

  private static Finding failed(String detail) {
    return new Finding("queue", Result.FAILED, detail);
  }

  /**
   * Notes a login that may do more than a loader needs.
   *
   * @param tables the tables that it loads
   */
  static Finding login(Connection connection, List<LoadedTable.Name> tables) throws SQLException {
    String query =
        """
        SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
               EXISTS (SELECT FROM pg_class
                        WHERE relkind IN ('r', 'p')
                          AND (relnamespace = to_regnamespace('cameleon')
                               OR (relnamespace::regnamespace, relname::text)
                                  IN (SELECT to_regnamespace(quote_ident(schema)), name
                                        FROM unnest(?, ?) AS t(schema, name)))
                          AND pg_has_role(current_user, relowner, 'USAGE'))
        """;
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setArray(1, texts(connection, tables.stream().map(LoadedTable.Name::schema)));
      statement.setArray(2, texts(connection, tables.stream().map(LoadedTable.Name::name)));
      ResultSet row = statement.executeQuery();
      row.next();
      String who =
          row.getBoolean(1) ? "a superuser" : row.getBoolean(2) ? "the owner of the tables" : "";
      return who.isEmpty()
          ? new Finding("login", Result.OK, "loads, and owns no tables")
          : new Finding(
              "login",
              Result.NOTE,
              "loads as "
                  + who
                  + ", who can read and change everything: load as a member of"
                  + " cameleon_loader, and set cameleon.db.owner.user for migrations");
    }
  }

  private static Array texts(Connection connection, Stream<String> texts) throws SQLException {
    return connection.createArrayOf("text", texts.toArray());
  }
}

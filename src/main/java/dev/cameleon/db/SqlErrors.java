package dev.cameleon.db;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Locale;
import java.util.Set;
import org.postgresql.util.PSQLException;

/**
 * Classifies a failure by its SQLSTATE (PostgreSQL documentation, appendix A): caused by the row,
 * by a transient conflict, or by the database.
 */
public final class SqlErrors {
  /** The SQLSTATE of raise_exception, used by the operator's triggers. */
  private static final String RAISED = "P0001";

  /** The SQLSTATE of the functions of the vault and the audit. */
  private static final String REFUSED_BY_FUNCTION = "CM002";

  /** Committed locally, but not confirmed by the standby (see {@link ConfirmedCommits}). */
  static final String NOT_CONFIRMED = "01000";

  private static final String SEQUENCE_EXHAUSTED = "2200H";

  /**
   * The server's routine that finds a row's partition: a missing partition has no SQLSTATE of its
   * own.
   */
  private static final String NO_PARTITION = "ExecFindPartition";

  /**
   * The server's routine that meets a key twice in one run. Its SQLSTATE, 21000, is also that of a
   * subquery with two rows.
   */
  private static final String REPEATED_KEY = "ExecOnConflictUpdate";

  /** The remedy for a repeated key, in words for an operator. */
  public static final String ONE_ROW_PER_KEY =
      "in load.sql write SELECT DISTINCT ON (key) ... ORDER BY key, sent_at DESC";

  private static final String OUT_OF_SHAPE = "22";
  private static final String CONSTRAINT = "23";
  private static final String CHECK_OPTION = "44";
  private static final String ROLLED_BACK = "40";
  private static final String UNREACHABLE = "08";

  /**
   * Classes that say nothing about a row: warnings, connections, transactions, logins, resources,
   * locks, time-outs, the system, its configuration, foreign servers, prepared statements, and our
   * own functions.
   */
  private static final Set<String> SERVERS =
      Set.of(
          "01",
          UNREACHABLE,
          "25",
          "26",
          "28",
          "3D",
          ROLLED_BACK,
          "53",
          "55",
          "57",
          "58",
          "CM",
          "F0",
          "HV");

  /**
   * Whether PostgreSQL refuses this row for good: class 22, 23 or 44, P0001, or a {@link
   * #isRepeatedKey repeated key}.
   */
  public boolean isRefusal(Throwable failure) {
    String state = state(failure);
    return !isDatabasesOwn(failure, state)
        && !isFrom(NO_PARTITION, failure)
        && (state.equals(RAISED)
            || isRepeatedKey(failure)
            || Set.of(OUT_OF_SHAPE, CONSTRAINT, CHECK_OPTION).contains(classOf(state)));
  }

  /**
   * Whether the cause may be this row, or something in the database that many rows need: a missing
   * partition, row-level security, or a trigger or subquery that finds too few or too many rows.
   */
  public boolean mayBeRows(Throwable failure) {
    String state = state(failure);
    return !state.isEmpty()
        && !isDatabasesOwn(failure, state)
        && !isRefusal(failure)
        && !SERVERS.contains(classOf(state));
  }

  /** Whether the failure does not depend on the row, so that any row would be refused. */
  private static boolean isDatabasesOwn(Throwable failure, String state) {
    if (state.equals(SEQUENCE_EXHAUSTED)) {
      return true;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLTransientConnectionException) {
        return true; // the server refused a connection, not a statement
      }
    }
    return false;
  }

  /**
   * Whether two rows of one statement have the same key, which {@code ON CONFLICT … DO UPDATE}
   * refuses. Each of them may load alone.
   */
  public static boolean isRepeatedKey(Throwable failure) {
    return isFrom(REPEATED_KEY, failure);
  }

  private static boolean isFrom(String routine, Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof PSQLException postgres
          && postgres.getServerErrorMessage() != null
          && routine.equals(postgres.getServerErrorMessage().getRoutine())) {
        return true;
      }
    }
    return false;
  }

  private static String classOf(String state) {
    return state.length() < 2 ? state : state.substring(0, 2);
  }

  /** Whether the same statement may succeed at once: after a deadlock or serialization failure. */
  public boolean isConflict(Throwable failure) {
    return state(failure).startsWith(ROLLED_BACK);
  }

  /** Whether the server was not reached or did not answer: class 08, or no SQLSTATE. */
  public boolean isSilence(Throwable failure) {
    String state = state(failure);
    return state.isEmpty() || state.startsWith(UNREACHABLE);
  }

  /** The SQLSTATE, or an empty string if there is none. */
  public static String state(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && sql.getSQLState() != null) {
        return sql.getSQLState();
      }
    }
    return "";
  }

  /**
   * Describes a failure without any value of a row: SQLSTATE, its meaning, and the table, column or
   * constraint if the server named one.
   */
  public static String describe(Throwable failure) {
    String state = state(failure);
    StringBuilder words =
        new StringBuilder(TlsErrors.describe(failure).orElseGet(() -> meaning(state, failure)));
    if (!state.isEmpty()) {
      words.append(" (SQLSTATE ").append(state).append(')');
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof PSQLException postgres && postgres.getServerErrorMessage() != null) {
        append(words, "table", postgres.getServerErrorMessage().getTable());
        append(words, "column", postgres.getServerErrorMessage().getColumn());
        append(words, "constraint", postgres.getServerErrorMessage().getConstraint());
      }
    }
    return words.toString();
  }

  private static void append(StringBuilder words, String kind, String name) {
    if (name != null) {
      words.append(", ").append(kind).append(' ').append(name);
    }
  }

  /**
   * The meaning of a SQLSTATE, or the message of one of our own functions, which holds no value,
   * unlike the server's.
   */
  private static String meaning(String state, Throwable failure) {
    if (isRepeatedKey(failure)) {
      return "two rows of one message have the same key, which ON CONFLICT DO UPDATE refuses; "
          + ONE_ROW_PER_KEY;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (state.equals(REFUSED_BY_FUNCTION)
          && cause instanceof PSQLException postgres
          && postgres.getServerErrorMessage() != null) {
        return String.valueOf(postgres.getServerErrorMessage().getMessage());
      }
    }
    return meaning(state);
  }

  private static String meaning(String state) {
    return switch (state) {
      case "" -> "the database did not answer";
      case NOT_CONFIRMED -> "the synchronous standby does not confirm commits";
      case "22001" -> "a value is longer than its column";
      case "22003" -> "a number is out of its column's range";
      case "22P02" -> "a value does not have the format of its column's type";
      case "22P05", "22021" -> "a value has a character that PostgreSQL cannot store";
      case "22007", "22008" -> "a date is invalid";
      case "23502" -> "a required column would be null";
      case "23503" -> "a referenced row is missing";
      case "23505" -> "a row with this key already exists";
      case "21000", "P0003" -> "a subquery found more than one row";
      case "P0002" -> "a query of a trigger or function found no row";
      case "44000" -> "the check option of a view refuses the row";
      case "23514" -> "a check constraint of the table refuses the row";
      case "P0001" -> "a trigger of the table refuses the row";
      case "25006" -> "the database is read-only (a failover?)";
      case "28P01", "28000" -> "the database refuses the user or its password";
      case "3D000" -> "the database does not exist";
      case "42501" -> "the database user lacks a privilege, or row-level security denies access";
      case "42P01" -> "a table does not exist (run: migrate)";
      case "42703" -> "a column does not exist";
      case "53300" -> "the database has no free connection";
      case "CM003" -> "the statement reached the database too late; it is built again and retried";
      case "CM001" ->
          "this process's mask key is retired: restart it with the keyset that keys rotate wrote";
      case "CM004" ->
          "this database does not know this process's mask key: restart the process,"
              + " which then checks its keyset";
      case "55P03" -> "waited too long for a lock that another session holds";
      case "57014" -> "the statement took too long";
      default -> meaningOfClass(classOf(state));
    };
  }

  private static String meaningOfClass(String state) {
    return switch (state.toUpperCase(Locale.ROOT)) {
      case UNREACHABLE -> "the database cannot be reached";
      case OUT_OF_SHAPE -> "a value does not fit its column";
      case CONSTRAINT -> "a constraint of the table refuses the row";
      case ROLLED_BACK -> "a conflict with another transaction";
      case "42" -> "load.sql does not match the tables (run: check)";
      case "53" -> "the database is out of memory, disk space or another resource";
      case "57" -> "the database is shutting down or was interrupted";
      default -> "the database reported an error";
    };
  }
}

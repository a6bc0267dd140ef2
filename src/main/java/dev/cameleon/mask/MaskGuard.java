package dev.cameleon.mask;

import dev.cameleon.contract.PiiKind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Ensures that a database is masked in one way: another key would silently give equal values
 * different tokens, and a field that is no longer masked would silently leak. The first use is
 * recorded in the database; a deviation from it prevents the start.
 */
public final class MaskGuard {
  /** A key in the database's chain. */
  private record Known(String checkValue, String follows, String retired) {}

  private final List<String> keyIds;
  private final List<String> checkValues;
  private final Map<String, PiiKind> personal;
  private final String pipeline;

  /** Checks the keys of a process for the shipped pipeline or for none. */
  public MaskGuard(Keyset keyset, Map<String, PiiKind> personal) {
    this(keyset, personal, "login");
  }

  /**
   * Checks the mask of this process.
   *
   * @param keyset the keys
   * @param personal the fields that the contract marks as personal
   * @param pipeline the name of the contract's pipeline
   */
  public MaskGuard(Keyset keyset, Map<String, PiiKind> personal, String pipeline) {
    this.pipeline = pipeline;
    this.keyIds = keyset.links().stream().map(Keyset.Link::id).toList();
    this.checkValues = new Masker(keyset, personal).checkValues();
    this.personal = personal;
  }

  /**
   * Compares this process's mask with the database's, and records it on first use.
   *
   * @param connection to the database, with auto-commit on
   * @param allowUnmask fields that may stop being masked
   * @return the problems, each as one sentence; empty if there are none
   * @throws SQLException if the database refuses or fails
   */
  public List<String> problems(Connection connection, Set<String> allowUnmask) throws SQLException {
    recordKeys(connection);
    List<String> problems = new ArrayList<>();
    keyProblem(known(connection)).ifPresent(problems::add);
    if (!problems.isEmpty()) {
      return problems; // only a process that may load records fields
    }
    Map<String, String> before = maskedBefore(connection);
    for (Map.Entry<String, String> field : before.entrySet()) {
      PiiKind now = personal.get(field.getKey());
      if (now == null && !allowUnmask.contains(field.getKey())) {
        problems.add(
            "the contract no longer masks the field "
                + field.getKey()
                + ", which was masked before: mark it again with \"x-pii\": \""
                + field.getValue()
                + "\", or, if you no longer want to mask it, set CAMELEON_ALLOW_UNMASK="
                + field.getKey());
      } else if (now != null && !now.word().equals(field.getValue())) {
        problems.add(
            "the contract masks the field "
                + field.getKey()
                + " as "
                + now.word()
                + ", but it was masked as "
                + field.getValue()
                + " before: equal values would get different tokens; restore its x-pii");
      }
    }
    if (problems.isEmpty()) {
      recordFields(connection, before);
    }
    return problems;
  }

  /**
   * Checks that this keyset's newest key is the database's newest, for a retokenization. Records
   * keys that the database does not have yet, as a loader does, unless nothing was ever loaded.
   *
   * @param connection to the database, with auto-commit on
   * @return the problem as one sentence; empty if there is none
   * @throws SQLException if the database refuses or fails
   */
  public Optional<String> newestKeyProblem(Connection connection) throws SQLException {
    if (known(connection).isEmpty()) {
      return Optional.of(
          "this database has no mask key yet, because nothing was loaded into it;"
              + " check that it is the right database (CAMELEON_DB_URL)");
    }
    recordKeys(connection);
    Map<String, Known> known = known(connection);
    Optional<String> problem = keyProblem(known);
    String mine = keyIds.get(keyIds.size() - 1);
    if (problem.isPresent() || newest(known).equals(mine)) {
      return problem;
    }
    return Optional.of(
        "the mask key "
            + mine
            + " is not the newest of this database, which is "
            + newest(known)
            + "; set CAMELEON_KEYSET to the keyset that keys rotate wrote last");
  }

  /**
   * Compares this process's newest key with the database's, and records nothing.
   *
   * @return the problem as one sentence; empty if there is none
   * @throws SQLException if the database refuses or fails
   */
  public Optional<String> keyProblem(Connection connection) throws SQLException {
    return keyProblem(known(connection));
  }

  /** The domains of this database's tokens, each with the kind of value that it masks. */
  public static Map<String, PiiKind> domains(Connection connection) throws SQLException {
    Map<String, PiiKind> domains = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT field, kind FROM cameleon.masked_field")) {
      while (row.next()) {
        PiiKind kind = PiiKind.valueOf(row.getString(2).toUpperCase(Locale.ROOT));
        domains.put(kind.domain(row.getString(1)), kind);
      }
    }
    return domains;
  }

  private Optional<String> keyProblem(Map<String, Known> known) {
    int newest = keyIds.size() - 1;
    Known mine = known.get(keyIds.get(newest));
    if (mine != null && mine.checkValue().equals(checkValues.get(newest))) {
      return mine.retired() == null
          ? Optional.empty()
          : Optional.of(
              "the mask key "
                  + keyIds.get(newest)
                  + " was retired on "
                  + mine.retired()
                  + ": the rows use a newer key; set CAMELEON_KEYSET to the keyset that"
                  + " keys rotate wrote last");
    }
    return Optional.of(
        "the mask key is not the one that this database was loaded with (its key id is "
            + newest(known)
            + ", yours is "
            + keyIds.get(newest)
            + "): equal values would get different tokens; set CAMELEON_KEYSET to the"
            + " original keyset, or to one that keys rotate derived from it");
  }

  /** The key that no other key follows. */
  private static String newest(Map<String, Known> known) {
    List<String> followed = known.values().stream().map(Known::follows).toList();
    return known.keySet().stream().filter(id -> !followed.contains(id)).findFirst().orElse("?");
  }

  /** Adds this keyset's keys to the database's chain, if they continue it. */
  private void recordKeys(Connection connection) throws SQLException {
    Map<String, Known> known = known(connection);
    if (keyIds.get(keyIds.size() - 1).equals(newest(known))) {
      return;
    }
    try (PreparedStatement add = connection.prepareStatement("SELECT cameleon.add_keys(?, ?)")) {
      add.setArray(1, connection.createArrayOf("text", keyIds.toArray()));
      add.setArray(2, connection.createArrayOf("text", checkValues.toArray()));
      add.execute();
    }
  }

  private static Map<String, Known> known(Connection connection) throws SQLException {
    Map<String, Known> known = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT key_id, check_value, follows, retired_at::date FROM cameleon.mask_key")) {
      while (row.next()) {
        known.put(
            row.getString(1), new Known(row.getString(2), row.getString(3), row.getString(4)));
      }
    }
    return known;
  }

  private Map<String, String> maskedBefore(Connection connection) throws SQLException {
    Map<String, String> fields = new TreeMap<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT field, kind FROM cameleon.masked_field WHERE pipeline = ?")) {
      statement.setString(1, pipeline);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          fields.put(row.getString(1), row.getString(2));
        }
      }
    }
    return fields;
  }

  private void recordFields(Connection connection, Map<String, String> before) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO cameleon.masked_field (field, kind, pipeline) VALUES (?, ?, ?)"
                + " ON CONFLICT DO NOTHING")) {
      for (Map.Entry<String, PiiKind> field : personal.entrySet()) {
        if (!before.containsKey(field.getKey())) {
          insert.setString(1, field.getKey());
          insert.setString(2, field.getValue().word());
          insert.setString(3, pipeline);
          insert.executeUpdate();
        }
      }
    }
  }
}

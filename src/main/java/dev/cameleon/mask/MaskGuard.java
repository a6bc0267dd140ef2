package dev.cameleon.mask;

import dev.cameleon.contract.PiiKind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Holds the database to one mask: another key would silently split every duplicate, and a field
 * that is no longer masked would silently leak. What was used first is stored; anything else stops
 * the start.
 */
public final class MaskGuard {
  private final Masker masker;
  private final String keyId;
  private final Map<String, PiiKind> personal;

  /**
   * Makes one.
   *
   * @param keyset the keys of this process
   * @param personal the fields that its contract marks
   */
  public MaskGuard(Keyset keyset, Map<String, PiiKind> personal) {
    this.masker = new Masker(keyset, personal);
    this.keyId = keyset.links().get(keyset.links().size() - 1).id();
    this.personal = personal;
  }

  /**
   * Compares this process's mask with the database's, and records it on first use.
   *
   * @param connection to the database, with auto-commit on
   * @param allowUnmask fields that may stop being masked
   * @return what is wrong, each as one sentence; empty if all is well
   */
  public List<String> problems(Connection connection, Set<String> allowUnmask) throws SQLException {
    insertFirstUse(connection);
    List<String> problems = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT key_id, check_value FROM cameleon.mask_check")) {
      if (row.next() && !row.getString(2).equals(masker.checkValue())) {
        problems.add(
            "the mask key is not the one that this database was loaded with (its key id is "
                + row.getString(1)
                + ", yours is "
                + keyId
                + "): every duplicate would be split; set CAMELEON_KEYSET to the first keyset");
      }
    }
    if (!problems.isEmpty()) {
      return problems; // fields are recorded only by a process that may load
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
                + "\", or, if it is meant, set CAMELEON_ALLOW_UNMASK="
                + field.getKey());
      } else if (now != null && !now.word().equals(field.getValue())) {
        problems.add(
            "the contract masks the field "
                + field.getKey()
                + " as "
                + now.word()
                + ", but it was masked as "
                + field.getValue()
                + " before: equal values would get other tokens; change its x-pii back");
      }
    }
    if (problems.isEmpty()) {
      recordFields(connection, before);
    }
    return problems;
  }

  private void insertFirstUse(Connection connection) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO cameleon.mask_check (key_id, check_value) VALUES (?, ?)"
                + " ON CONFLICT DO NOTHING")) {
      insert.setString(1, keyId);
      insert.setString(2, masker.checkValue());
      insert.executeUpdate();
    }
  }

  private static Map<String, String> maskedBefore(Connection connection) throws SQLException {
    Map<String, String> fields = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT field, kind FROM cameleon.masked_field")) {
      while (row.next()) {
        fields.put(row.getString(1), row.getString(2));
      }
    }
    return fields;
  }

  private void recordFields(Connection connection, Map<String, String> before) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO cameleon.masked_field (field, kind) VALUES (?, ?)"
                + " ON CONFLICT DO NOTHING")) {
      for (Map.Entry<String, PiiKind> field : personal.entrySet()) {
        if (!before.containsKey(field.getKey())) {
          insert.setString(1, field.getKey());
          insert.setString(2, field.getValue().word());
          insert.executeUpdate();
        }
      }
    }
  }
}

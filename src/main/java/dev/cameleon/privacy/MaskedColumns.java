package dev.cameleon.privacy;

import dev.cameleon.mask.Token;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/**
 * The columns that hold tokens because a loader masks their fields. In any other column, text that
 * looks like a token was written by the sender of an event.
 */
public final class MaskedColumns {
  /** Columns that are always masked, with the domain of their tokens. */
  static final Map<String, String> ALWAYS = Map.of("masked_ip", "ip", "maked_device_id", "device");

  /**
   * A masked field's column has one of these prefixes, followed by the field's path joined with
   * {@code _}, or by the last part of the path.
   */
  private static final List<String> PREFIXES = List.of("", "masked_", "maked_");

  private final Map<String, Set<String>> domains = new HashMap<>();

  private MaskedColumns() {
    ALWAYS.forEach(this::add);
  }

  /** Reads which fields loaders mask, as a role that may read {@code cameleon.masked_field}. */
  static MaskedColumns of(Handle db) {
    MaskedColumns columns = new MaskedColumns();
    db.createQuery(
            "SELECT field, CASE kind WHEN 'text' THEN field ELSE kind END AS domain"
                + " FROM cameleon.masked_field")
        .mapToMap(String.class)
        .forEach(
            row ->
                PREFIXES.forEach(
                    prefix ->
                        names(row.get("field"))
                            .forEach(name -> columns.add(prefix + name, row.get("domain")))));
    return columns;
  }

  private static Set<String> names(String path) {
    return new HashSet<>(
        List.of(path.replace('.', '_'), path.substring(path.lastIndexOf('.') + 1)));
  }

  private void add(String column, String domain) {
    domains.computeIfAbsent(column, name -> new HashSet<>()).add(domain);
  }

  /** Whether a column is masked. */
  public boolean masks(String column) {
    return domains.containsKey(column);
  }

  /** Whether the column is masked and the token is of its domain. */
  public boolean fits(String column, String token) {
    return domains.getOrDefault(column, Set.of()).contains(Token.domain(token));
  }
}

package dev.cameleon.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reports properties that have changed since the start, without their values. */
public final class SettingsChanges {
  private static final Logger LOG = LoggerFactory.getLogger(SettingsChanges.class);

  /** Passwords need no restart, because they are read again when PostgreSQL refuses the old one. */
  private static final Set<String> NEED_NO_RESTART =
      Set.of("cameleon.db.password", "cameleon.db.owner.password");

  private final Map<String, String> environment;
  private final Map<String, String> atStart;

  SettingsChanges(Map<String, String> environment, Map<String, String> atStart) {
    this.environment = Map.copyOf(environment);
    this.atStart = Map.copyOf(atStart);
  }

  /** Warns of properties that have changed, and of mistakes that would stop the next start. */
  public void log() {
    List<String> problems = new ArrayList<>();
    Map<String, String> now = SettingsSource.read(environment, problems);
    problems.forEach(problem -> LOG.warn("The next start would fail: {}", problem));
    Set<String> names = new TreeSet<>(now.keySet());
    names.addAll(atStart.keySet());
    names.removeIf(name -> Objects.equals(now.get(name), atStart.get(name)));
    names.removeAll(NEED_NO_RESTART);
    if (problems.isEmpty() && !names.isEmpty()) {
      LOG.warn("A changed property needs a restart: {}", String.join(", ", names));
    }
  }

  /** Leaves out values, which may be secrets. */
  @Override
  public String toString() {
    return "SettingsChanges";
  }
}

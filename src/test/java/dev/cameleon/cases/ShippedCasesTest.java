package dev.cameleon.cases;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.cameleon.app.PrepareRoute;
import dev.cameleon.contract.Contract;
import dev.cameleon.db.Database;
import dev.cameleon.load.LoadStatement;
import dev.cameleon.load.Shipped;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.Masker;
import dev.cameleon.support.Site;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The cases that Cameleon ships: each passes, and fails when any of its expectations is changed.
 */
class ShippedCasesTest {
  @TempDir private Path folder;
  private Connection connection;
  private PrepareRoute preparation;
  private CaseRunner runner;
  private List<Case> cases;

  @BeforeEach
  void connect() throws Exception {
    Site site = Site.in(folder);
    site.migrate();
    Keyset keyset = Keyset.read(site.folder().resolve("mask.json"));
    Contract contract = Contract.read(Path.of("routes/login.schema.json"));
    Database.Login login = new Database.Login(site.database().url(), "postgres", "postgres");
    connection = Database.connect(login, keyset.currentId());
    connection.setAutoCommit(false);
    assertThat(new MaskGuard(keyset, contract.personal().kinds()).problems(connection, Set.of()))
        .isEmpty();
    LoadStatement statement = Shipped.statement();
    Masker masker = new Masker(keyset, contract.personal());
    preparation = PrepareRoute.start(Path.of("routes"), Map.of(), contract, masker);
    runner = new CaseRunner(preparation, masker, statement, List.of());
    cases = CaseFiles.read(Path.of("routes/tests"), statement.tables());
  }

  @AfterEach
  void rollBack() throws Exception {
    preparation.close();
    connection.rollback();
    connection.close();
  }

  @Test
  void eachPassesAndFailsWhenItsExpectationIsChanged() throws Exception {
    assertThat(cases).hasSizeGreaterThanOrEqualTo(8);
    for (Case each : cases) {
      assertThat(runner.run(connection, each).difference()).as(each.name()).isEmpty();
      List<Case.Expected> changed = changed(each.expected());
      assertThat(changed).as(each.name()).hasSizeGreaterThan(1);
      for (Case.Expected other : changed) {
        assertThat(runner.run(connection, with(each, other)).difference())
            .as(each.name() + " " + other)
            .isNotEmpty();
      }
    }
  }

  private static Case with(Case each, Case.Expected expected) {
    return new Case(
        each.name(), each.place(), each.body(), each.attributes(), each.sentAt(), expected);
  }

  /** Every expectation with one change. */
  private static List<Case.Expected> changed(Case.Expected expected) {
    List<Case.Expected> changed = new ArrayList<>();
    if (!expected.reason().isEmpty()) {
      changed.add(new Case.Expected(Map.of(), true, "", ""));
      changed.add(new Case.Expected(Map.of(), false, "", ""));
      changed.add(new Case.Expected(Map.of(), false, expected.reason(), expected.field() + "x"));
      String other = expected.reason().equals("CONTRACT") ? "NOT_JSON" : "CONTRACT";
      changed.add(new Case.Expected(Map.of(), false, other, expected.field()));
      return changed;
    }
    changed.add(new Case.Expected(Map.of(), true, "", ""));
    changed.add(new Case.Expected(Map.of(), false, "CONTRACT", "ip"));
    changed.add(new Case.Expected(Map.of(), false, "", "")); // no rows
    expected
        .rows()
        .forEach(
            (table, rows) -> {
              List<Map<String, JsonNode>> twice = new ArrayList<>(rows);
              twice.addAll(rows);
              changed.add(new Case.Expected(Map.of(table, twice), false, "", ""));
              rows.get(0)
                  .forEach(
                      (column, value) -> {
                        Map<String, JsonNode> row = new LinkedHashMap<>(rows.get(0));
                        row.put(column, other(value));
                        changed.add(new Case.Expected(Map.of(table, List.of(row)), false, "", ""));
                      });
            });
    return changed;
  }

  private static JsonNode other(JsonNode value) {
    if (value.has("masked")) {
      return JsonNodeFactory.instance.objectNode().put("masked", "203.0.113.9");
    }
    return value.isNumber()
        ? DecimalNode.valueOf(value.decimalValue().add(BigDecimal.ONE))
        : TextNode.valueOf(value.asText() + "x");
  }
}

package dev.cameleon.cli.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.privacy.PersonRow;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;

/** The output for a person's row. */
class RevealReportTest {
  @Test
  void columnsOfEveryTypeArePrinted() throws Exception {
    ObjectNode row = JsonNodeFactory.instance.objectNode();
    row.putArray("items").addObject().put("sku", "X1");
    row.put("total", new BigDecimal("0.00000001"));
    row.put("paid", true).putNull("note");

    assertThat(printed(row))
        .isEqualTo(
            """
            1\torders.items\t\t[{"sku":"X1"}]\t
            1\torders.total\t\t0.00000001\t
            1\torders.paid\t\ttrue\t
            1\torders.note\t\t\t
            """);
  }

  private static String printed(JsonNode row) throws Exception {
    StringWriter out = new StringWriter();
    PrintWriter err = new PrintWriter(new StringWriter());
    new RevealReport(new PrintWriter(out), err, "rows", false, true)
        .show(new PersonRow("public.orders", row), null, null); // no column holds a token
    return out.toString();
  }
}

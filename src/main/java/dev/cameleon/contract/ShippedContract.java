package dev.cameleon.contract;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashSet;
import java.util.Set;

/** The contract in the jar, used if no other is available. */
public final class ShippedContract {
  private static final String FILE = "/shipped/routes/login.schema.json";

  private ShippedContract() {}

  /** The names of its fields. */
  public static Set<String> fields() {
    try (InputStream file = ShippedContract.class.getResourceAsStream(FILE)) {
      JsonNode properties = StrictJson.strictMapper().readTree(file).path("properties");
      Set<String> fields = new LinkedHashSet<>();
      properties.fieldNames().forEachRemaining(fields::add);
      return fields;
    } catch (IOException e) {
      throw new UncheckedIOException(e); // never: it is in the jar
    }
  }
}

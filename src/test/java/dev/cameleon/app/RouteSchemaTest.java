package dev.cameleon.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The routes are valid by the DSL's own schema, which editors use for completion. */
class RouteSchemaTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @ParameterizedTest
  @ValueSource(strings = {"ingest", "prepare", "load", "dead-letter", "errors"})
  void aRouteFileIsValidByTheSchemaOfTheDsl(String name) throws Exception {
    String yaml = Files.readString(Path.of("routes", name + ".camel.yaml"));
    JsonNode routes =
        JSON.valueToTree(new Load(LoadSettings.builder().build()).loadFromString(yaml));
    Schema schema;
    try (InputStream text = getClass().getResourceAsStream("/schema/camelYamlDsl.json")) {
      schema =
          SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_4)
              .getSchema(JSON.readTree(text));
    }

    assertThat(schema.validate(routes)).isEmpty();
    assertThat(yaml).startsWith("# yaml-language-server: $schema=https://");
    assertThat(yaml.lines().skip(1).limit(4)).allMatch(line -> line.startsWith("#"));
  }
}

package dev.cameleon.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/** A contract for one test, and a body to check with it. */
abstract class ContractFixture {
  static final String FIELDS =
      """
      "properties": {"n": {"type": "integer"}, "t": {"type": "string", "x-attribute": "tenant"},
        "who": {"type": "string", "x-pii": "text"}}""";

  @TempDir private Path folder;

  List<ObjectNode> contract(String text, String body, Map<String, MessageAttributeValue> received)
      throws Exception {
    JsonNode parsed = StrictJson.strictMapper().readTree(body);
    assertThat(parsed).isNotInstanceOf(TextNode.class);
    return Contract.read(write(text)).check((ObjectNode) parsed, received);
  }

  Path write(String text) throws Exception {
    return Files.writeString(folder.resolve("login.schema.json"), "{" + text + "}");
  }
}

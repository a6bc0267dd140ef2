package dev.cameleon.contract;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.dialect.Dialect;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.keyword.NonValidationKeyword;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.apache.camel.component.aws2.sqs.Sqs2Constants;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/**
 * The data contract, {@code login.schema.json}: a JSON Schema 2020-12 that defines where in a
 * message the events are, which of their fields are kept, and which are masked, and as which kind.
 * Thread-safe.
 */
public final class Contract {
  private final JsonNode document;
  private final References references;
  private final Schema schema;
  private final Schema ignored;
  private final EventPointer pointer;
  private final Named named;
  private final Set<String> fields;
  private final List<Column> columns;
  private final List<String> integers;
  private final Personal personal;
  private final Attributes attributes;
  private final LongAdder unknownFields = new LongAdder();

  private Contract(
      JsonNode document,
      References references,
      Schema schema,
      Schema ignored,
      EventPointer pointer,
      ContractReader read) {
    this.document = document;
    this.references = references;
    this.schema = schema;
    this.ignored = ignored;
    this.pointer = pointer;
    this.named = read.root();
    this.columns = read.columns();
    this.integers =
        columns.stream()
            .filter(column -> column.type() == Column.Type.BIGINT)
            .map(Column::name)
            .toList();
    this.personal = read.marks().personal();
    this.attributes = read.marks().attributes();
    this.fields = new LinkedHashSet<>(read.paths());
    if (pointer != null) {
      String way = "";
      for (String name : pointer.names()) {
        way += name;
        fields.add(way);
        way += ".";
      }
      for (String path : read.paths()) {
        fields.add(way + path);
      }
    }
  }

  /**
   * Reads the contract.
   *
   * @throws InvalidContractException with every problem found: the file cannot be read, is not a
   *     JSON Schema, marks no field as personal, or has a rule without effect
   */
  public static Contract read(Path file) throws InvalidContractException {
    try {
      return parse(file, Files.readString(file));
    } catch (IOException e) {
      throw InvalidContractException.unreadable(file, e);
    }
  }

  /**
   * As {@link #read}, from the text of the file.
   *
   * @param file for messages
   * @throws InvalidContractException with every problem found
   */
  public static Contract parse(Path file, String text) throws InvalidContractException {
    JsonNode document;
    try {
      document = StrictJson.strictMapper().readTree(text);
    } catch (JsonProcessingException e) {
      throw InvalidContractException.notJson(file, e);
    }
    List<String> problems = new ArrayList<>();
    References references = new References(document);
    ContractReader reader = new ContractReader(document, references, problems);
    problems.addAll(ContractPitfalls.in(document, references, reader.marks()));
    EventPointer pointer = EventPointer.parse(document.path(Keywords.EVENT)).orElse(null);
    if (document.has(Keywords.EVENT) && pointer == null) {
      problems.add(
          Keywords.EVENT
              + " must be a JSON Pointer to the event, for example \"/detail\" or \"/Records/*\"");
    }
    if (reader.marks().personal().fields().isEmpty() && problems.isEmpty()) {
      problems.add(
          "marks no field with \""
              + Keywords.PII
              + "\": nothing would be masked; mark the personal fields");
    }
    Schema schema = problems.isEmpty() ? compile(document, "", problems) : null;
    Schema ignored = null;
    if (document.has(Keywords.IGNORE) && problems.isEmpty()) {
      ignored = ignored(document, problems);
      requireNotIgnored(document.path("examples"), schema, ignored, pointer, problems);
    }
    if (!problems.isEmpty()) {
      throw new InvalidContractException(file, problems);
    }
    return new Contract(document, references, schema, ignored, pointer, reader);
  }

  /** The schema of ignored messages; its references are to the contract's definitions. */
  private static Schema ignored(JsonNode document, List<String> problems) {
    JsonNode ignore = document.get(Keywords.IGNORE).deepCopy();
    if (ignore instanceof ObjectNode object && document.has("$defs") && !object.has("$defs")) {
      object.set("$defs", document.get("$defs"));
    }
    if (!ignore.isObject() || ignore.isEmpty()) {
      problems.add(Keywords.IGNORE + " must be a schema that does not fit every message");
      return null;
    }
    return compile(ignore, Keywords.IGNORE + " ", problems);
  }

  private static void requireNotIgnored(
      JsonNode examples,
      Schema schema,
      Schema ignored,
      EventPointer pointer,
      List<String> problems) {
    for (int i = 0; problems.isEmpty() && i < examples.size(); i++) {
      JsonNode event = examples.get(i);
      JsonNode body = pointer == null ? event : pointer.around(event);
      if (schema.validate(event).isEmpty() && ignored.validate(body).isEmpty()) {
        problems.add(Keywords.IGNORE + " fits a valid message, the one of examples/" + i);
      }
    }
  }

  private static Schema compile(JsonNode document, String what, List<String> problems) {
    Dialect.Builder own = Dialect.builder(Dialects.getDraft202012());
    Keywords.OWN.forEach(keyword -> own.keyword(new NonValidationKeyword(keyword)));
    Dialect dialect = own.build();
    SchemaRegistry schemas =
        SchemaRegistry.withDialect(
            dialect,
            builder ->
                builder.schemaRegistryConfig(
                    SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build()));
    try {
      Schema metaSchema =
          schemas.getSchema(
              com.networknt.schema.SchemaLocation.of(Dialects.getDraft202012().getId()));
      for (Error fault : metaSchema.validate(document)) {
        problems.add(
            what
                + "is not a JSON Schema 2020-12: "
                + fault.getInstanceLocation()
                + " "
                + fault.getMessage());
      }
      Schema schema = schemas.getSchema(document);
      schema.initializeValidators();
      return schema;
    } catch (SchemaException | IllegalArgumentException e) {
      problems.add(what + "is not a JSON Schema 2020-12: " + e.getMessage());
      return null;
    }
  }

  /**
   * The names that may be shown: the paths of all properties that the contract names, for example
   * {@code customer.email}, and those on the way to the event in the body.
   */
  public Set<String> fields() {
    return Collections.unmodifiableSet(fields);
  }

  /** The columns of {@code event} that come from the event, in the contract's order. */
  public List<Column> columns() {
    return columns;
  }

  /** The masked fields, and the property that names the person. */
  public Personal personal() {
    return personal;
  }

  /** The message attributes that a receive must request. */
  public Set<String> attributes() {
    return attributes.names();
  }

  /** Whether the event is the body itself. */
  public boolean isBodyTheEvent() {
    return pointer == null;
  }

  /**
   * Events to test a pipeline with: the contract's {@code examples}; without these, a generated
   * event with every property, and another with the longest texts that the contract allows.
   */
  public List<Sample> samples() {
    return SampleEvents.of(document, references, this::check);
  }

  /** How many fields of messages were dropped so far because they are not in the contract. */
  public long unknownFields() {
    return unknownFields.sum();
  }

  /**
   * Finds the events of a message, checks them, and drops fields that are not in the contract.
   *
   * @param body the parsed body; null stands for the JSON literal {@code null}
   * @param received the message's attributes; null stands for none
   * @return the events, at least one, with the contract's fields only; not yet masked
   * @throws RejectedException if there is no event, or one that violates the contract
   * @throws IgnoredException if the body matches {@code x-ignore}
   */
  public List<ObjectNode> check(
      @Body ObjectNode body,
      @Header(Sqs2Constants.MESSAGE_ATTRIBUTES) Map<String, MessageAttributeValue> received)
      throws RejectedException, IgnoredException {
    if (body == null) {
      throw new RejectedException(Violation.NOT_JSON, "", "not a JSON object");
    }
    if (ignored != null && ignored.validate(body).isEmpty()) {
      throw new IgnoredException();
    }
    List<ObjectNode> events = pointer == null ? List.of(body) : pointer.find(body);
    Map<String, String> values =
        attributes.isEmpty() ? Map.of() : attributes.values(body, pointer != null, received);
    for (int i = 0; i < events.size(); i++) {
      try {
        attributes.fill(events.get(i), values);
        check(events.get(i));
      } catch (RejectedException e) {
        throw events.size() == 1 ? e : e.at(i + 1, events.size());
      }
    }
    return events;
  }

  private void check(ObjectNode event) throws RejectedException {
    StrictJson.requirePairedSurrogates(event);
    List<Error> faults = schema.validate(event);
    if (!faults.isEmpty()) {
      throw Faults.rejected(faults, named);
    }
    int dropped = named.prune(event);
    if (dropped > 0) {
      unknownFields.add(dropped);
    }
    for (String name : integers) {
      requireLong(event, name);
    }
  }

  /** Writes an integer without fraction or exponent, as PostgreSQL's bigint needs it. */
  private static void requireLong(ObjectNode event, String name) throws RejectedException {
    JsonNode value = event.get(name);
    if (value == null || value.isNull() || value.isInt() || value.isLong()) {
      return;
    }
    try {
      event.put(name, value.decimalValue().longValueExact());
    } catch (ArithmeticException e) {
      throw new RejectedException(Violation.CONTRACT, name, "an integer of more than 64 bits");
    }
  }
}

package dev.cameleon.contract;

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
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The data contract of a login event, {@code login.schema.json}: a JSON Schema 2020-12 whose
 * top-level properties are the fields that are kept, and whose {@code x-pii} marks tell which of
 * them are masked, and as which kind. Thread-safe.
 */
public final class Contract {
  private static final String PII = "x-pii";

  /** Columns that the loader adds to each row; a field of that name would hide them. */
  private static final Set<String> RESERVED = Set.of("message_id", "event_number", "sent_at");

  /** A field's name is a column in {@code load.sql} and, for {@code text}, a token's domain. */
  private static final Pattern FIELD = Pattern.compile("[a-z][a-z0-9_]{0,62}");

  private final Schema schema;
  private final Set<String> fields;
  private final List<Column> columns;
  private final Map<String, PiiKind> personal;
  private final LongAdder unknownFields = new LongAdder();

  private Contract(Schema schema, List<Column> columns, Map<String, PiiKind> personal) {
    this.schema = schema;
    this.columns = List.copyOf(columns);
    this.fields =
        columns.stream().map(Column::name).collect(Collectors.toCollection(LinkedHashSet::new));
    this.personal = Collections.unmodifiableMap(personal);
  }

  /**
   * Reads the contract.
   *
   * @throws InvalidContractException with every problem found: the file cannot be read, is not a
   *     JSON Schema, marks no field as personal, or has a rule without effect
   */
  public static Contract read(Path file) throws InvalidContractException {
    JsonNode document;
    try {
      document = StrictJson.strictMapper().readTree(Files.readString(file));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new InvalidContractException(
          file, List.of("is not valid JSON: " + e.getOriginalMessage() + place(e)));
    } catch (IOException e) {
      throw new InvalidContractException(
          file, List.of("cannot be read (" + e.getClass().getSimpleName() + ")"));
    }
    List<String> problems = new ArrayList<>();
    List<Column> columns = new ArrayList<>();
    Map<String, PiiKind> personal = new LinkedHashMap<>();
    JsonNode properties = document.path("properties");
    if (!properties.isObject() || properties.isEmpty()) {
      problems.add("has no fields: put them under \"properties\"");
    }
    for (Map.Entry<String, JsonNode> property : properties.properties()) {
      columns.add(Column.of(property.getKey(), property.getValue()));
      inspect(property.getKey(), property.getValue(), personal, problems);
    }
    problems.addAll(ContractPitfalls.in(document));
    if (personal.isEmpty() && problems.isEmpty()) {
      problems.add(
          "marks no field with \"" + PII + "\": nothing would be masked; mark ip and device_id");
    }
    Schema schema = problems.isEmpty() ? compile(document, problems) : null;
    if (!problems.isEmpty()) {
      throw new InvalidContractException(file, problems);
    }
    return new Contract(schema, columns, personal);
  }

  private static String place(com.fasterxml.jackson.core.JsonProcessingException e) {
    return e.getLocation() == null
        ? ""
        : " (line "
            + e.getLocation().getLineNr()
            + ", column "
            + e.getLocation().getColumnNr()
            + ")";
  }

  private static void inspect(
      String field, JsonNode rules, Map<String, PiiKind> personal, List<String> problems) {
    if (!FIELD.matcher(field).matches()) {
      problems.add(
          "field \"" + field + "\": a field name must consist of lower-case letters, digits and _");
    }
    if (RESERVED.contains(field)) {
      problems.add(
          "field \""
              + field
              + "\": the loader uses a column of this name itself; rename the field");
    }
    if (!rules.has(PII)) {
      return;
    }
    PiiKind kind = PiiKind.of(rules.path(PII).asText()).orElse(null);
    if (kind == null) {
      problems.add("field \"" + field + "\": " + PII + " is not one of " + PiiKind.words());
      return;
    }
    if (kind == PiiKind.TEXT && PiiKind.of(field).isPresent()) {
      problems.add(
          "field \""
              + field
              + "\": a text field of this name would share the tokens of another kind; rename"
              + " the field");
    }
    if (!onlyText(rules.path("type"))) {
      problems.add(
          "field \""
              + field
              + "\": only text can be masked: set \"type\" to \"string\" or [\"string\","
              + " \"null\"]");
    }
    personal.put(field, kind);
  }

  private static boolean onlyText(JsonNode type) {
    if (type.isArray()) {
      for (JsonNode each : type) {
        if (!"string".equals(each.asText()) && !"null".equals(each.asText())) {
          return false;
        }
      }
      return !type.isEmpty();
    }
    return "string".equals(type.asText());
  }

  private static Schema compile(JsonNode document, List<String> problems) {
    Dialect dialect =
        Dialect.builder(Dialects.getDraft202012()).keyword(new NonValidationKeyword(PII)).build();
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
            "is not a JSON Schema 2020-12: "
                + fault.getInstanceLocation()
                + " "
                + fault.getMessage());
      }
      Schema schema = schemas.getSchema(document);
      schema.initializeValidators();
      return schema;
    } catch (SchemaException | IllegalArgumentException e) {
      problems.add("is not a JSON Schema 2020-12: " + e.getMessage());
      return null;
    }
  }

  /** The names of the fields that are kept. */
  public Set<String> fields() {
    return Collections.unmodifiableSet(fields);
  }

  /** The columns of {@code event} that come from the event, in the contract's order. */
  public List<Column> columns() {
    return columns;
  }

  /** The masked fields, with the kind of each, in the contract's order. */
  public Map<String, PiiKind> personal() {
    return personal;
  }

  /** How many fields of messages were dropped so far because they are not in the contract. */
  public long unknownFields() {
    return unknownFields.sum();
  }

  /**
   * Checks one event and drops fields that are not in the contract.
   *
   * @param event the parsed body; null stands for the JSON literal {@code null}
   * @return the event with the contract's fields only; not yet masked
   * @throws RejectedException if it is not an object, or violates the contract
   */
  public ObjectNode check(ObjectNode event) throws RejectedException {
    if (event == null) {
      throw new RejectedException(Violation.NOT_JSON, "", "not a JSON object");
    }
    StrictJson.requirePairedSurrogates(event);
    List<Error> faults = schema.validate(event);
    if (!faults.isEmpty()) {
      throw rejected(faults);
    }
    int before = event.size();
    event.retain(fields);
    unknownFields.add(before - event.size());
    return event;
  }

  /** Describes faults in the contract's own words: the validator's messages quote values. */
  private RejectedException rejected(List<Error> faults) {
    List<String> missing = faults.stream().filter(Contract::isMissing).map(this::fieldOf).toList();
    if (!missing.isEmpty()) {
      return new RejectedException(
          Violation.CONTRACT,
          missing.get(0),
          "required, but missing: " + String.join(", ", missing));
    }
    String field = faults.stream().map(this::fieldOf).min(Comparator.naturalOrder()).orElse("");
    String rules =
        faults.stream()
            .filter(fault -> fieldOf(fault).equals(field))
            .map(fault -> fault.getKeyword() + " " + fault.getSchemaNode())
            .distinct()
            .collect(Collectors.joining(", "));
    return new RejectedException(Violation.CONTRACT, field, "breaks the contract's " + rules);
  }

  private static boolean isMissing(Error fault) {
    return "required".equals(fault.getKeyword());
  }

  /** The top-level field of the contract that an error is about, or an empty string. */
  private String fieldOf(Error fault) {
    String field = fault.getProperty();
    if (field == null || fault.getInstanceLocation().getNameCount() > 0) {
      field =
          fault.getInstanceLocation().getNameCount() == 0
              ? ""
              : String.valueOf(fault.getInstanceLocation().getElement(0));
    }
    return fields.contains(field) ? field : "";
  }
}

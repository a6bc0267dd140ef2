package dev.cameleon.contract;

import com.networknt.schema.Error;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Describes the validator's findings in an event, without its values. */
final class Faults {
  private Faults() {}

  /** Describes faults in the contract's own words: the validator's messages quote values. */
  static RejectedException rejected(List<Error> faults, Named named) {
    List<String> missing =
        faults.stream().filter(Faults::isMissing).map(fault -> fieldOf(fault, named)).toList();
    if (!missing.isEmpty()) {
      return new RejectedException(
          Violation.CONTRACT,
          missing.get(0),
          "required, but missing: " + String.join(", ", missing));
    }
    String field =
        faults.stream()
            .map(fault -> fieldOf(fault, named))
            .min(Comparator.naturalOrder())
            .orElse("");
    String rules =
        faults.stream()
            .filter(fault -> fieldOf(fault, named).equals(field))
            .map(fault -> fault.getKeyword() + " " + fault.getSchemaNode())
            .distinct()
            .collect(Collectors.joining(", "));
    return new RejectedException(Violation.CONTRACT, field, "breaks the contract's " + rules);
  }

  private static boolean isMissing(Error fault) {
    return "required".equals(fault.getKeyword());
  }

  /** The field of the contract that an error is about, or an empty string. */
  private static String fieldOf(Error fault, Named named) {
    List<Object> way = new ArrayList<>();
    for (int i = 0; i < fault.getInstanceLocation().getNameCount(); i++) {
      way.add(fault.getInstanceLocation().getElement(i));
    }
    if (fault.getProperty() != null) {
      way.add(fault.getProperty());
    }
    return named.path(way);
  }
}

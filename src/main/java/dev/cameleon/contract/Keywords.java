package dev.cameleon.contract;

import java.util.List;

/** Cameleon's own keywords in a contract; docs/PIPELINES.md explains them. */
final class Keywords {
  static final String EVENT = "x-event";
  static final String IGNORE = "x-ignore";
  static final String PII = "x-pii";
  static final String COUNTRY = "x-country";
  static final String SUBJECT = "x-subject";
  static final String ATTRIBUTE = "x-attribute";
  static final String KEEP = "x-keep";

  /** The value of {@link #KEEP}. */
  static final String ALL = "all";

  static final List<String> OWN = List.of(EVENT, IGNORE, PII, COUNTRY, SUBJECT, ATTRIBUTE, KEEP);

  /** These have an effect only in the contract's outermost schema. */
  static final List<String> AT_ROOT = List.of(EVENT, IGNORE);

  private Keywords() {}
}

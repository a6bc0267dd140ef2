package dev.cameleon.contract;

/** Why a message became a dead letter: the value of its {@code reason} attribute. */
public enum Violation {
  /** The body is not one JSON object by the rules of {@link StrictJson}. */
  NOT_JSON,
  /** The object violates a rule of {@code login.schema.json}. */
  CONTRACT,
  /** PostgreSQL refused this row (SQLSTATE class 22, 23 or 44, or P0001). */
  DATA_REJECTED
}

package dev.cameleon.contract;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * An event to test a pipeline with.
 *
 * @param name its name, for an operator
 * @param example whether it is one of the contract's examples, which must load
 * @param event with the contract's fields only; not yet masked
 * @param problem how it breaks the contract; an empty string if it is valid
 */
public record Sample(String name, boolean example, ObjectNode event, String problem) {
  /** Leaves out values. */
  @Override
  public String toString() {
    return "Sample[" + name + "]";
  }
}

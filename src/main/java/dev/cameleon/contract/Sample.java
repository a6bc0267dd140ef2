package dev.cameleon.contract;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * An event to try a pipeline with.
 *
 * @param name in words for an operator
 * @param example whether the contract has it, so that it must be loaded
 * @param event with the contract's fields only; not yet masked
 * @param problem how it breaks the contract; an empty string if it does not
 */
public record Sample(String name, boolean example, ObjectNode event, String problem) {
  /** Without values. */
  @Override
  public String toString() {
    return "Sample[" + name + "]";
  }
}

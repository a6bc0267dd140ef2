/** Defines a valid event: strict JSON, the JSON Schema, and which fields are personal. */
package dev.cameleon.contract;

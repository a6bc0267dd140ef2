/**
 * Hides what a valid login event is: strict JSON, the JSON Schema, and which fields are personal.
 */
package dev.cameleon.contract;

/** What a valid event is: strict JSON, the JSON Schema, and which fields are personal. */
package dev.cameleon.contract;

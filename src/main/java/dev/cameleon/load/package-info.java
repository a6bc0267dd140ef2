/** Batches of masked records, the statement that loads them, and the handling of failures. */
package dev.cameleon.load;

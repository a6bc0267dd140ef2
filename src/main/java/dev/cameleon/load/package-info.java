/** Batches of masked records, the statement that loads them, and what follows a failure. */
package dev.cameleon.load;

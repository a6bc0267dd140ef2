/**
 * Hides the benchmark: a lean SQS stand-in, the contestants, and how they are measured side by
 * side.
 */
package dev.cameleon.bench;

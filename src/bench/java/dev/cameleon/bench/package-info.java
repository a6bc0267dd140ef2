/**
 * The benchmark: a lean SQS stand-in, the contestants, and their measurement side by side.
 */
package dev.cameleon.bench;

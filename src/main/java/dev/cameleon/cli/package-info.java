/**
 * Hides the command line: one class per command, one place that turns a failure into an exit code.
 */
package dev.cameleon.cli;

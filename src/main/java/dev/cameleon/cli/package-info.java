/**
 * The command line: one class per command, and one place that turns a failure into an exit code.
 */
package dev.cameleon.cli;

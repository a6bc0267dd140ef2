/** Failures that end a command or the process, and what they may quote. */
package dev.cameleon.errors;

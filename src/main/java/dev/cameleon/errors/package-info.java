/** Failures that end a command or the process, and the rules for what their messages may quote. */
package dev.cameleon.errors;

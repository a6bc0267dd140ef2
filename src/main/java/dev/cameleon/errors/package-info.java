/** Failures that end a command or the process, and how they may quote what was given. */
package dev.cameleon.errors;

/** The commands that read, correct and replay dead letters. */
package dev.cameleon.cli.dlq;

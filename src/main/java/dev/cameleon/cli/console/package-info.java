/**
 * Code shared by the commands: options, confirmation, progress, and output without personal data.
 */
package dev.cameleon.cli.console;

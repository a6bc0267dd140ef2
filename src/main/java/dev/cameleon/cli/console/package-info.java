/** What commands share: options, confirmation, progress and output without personal data. */
package dev.cameleon.cli.console;

/** Health, metrics, the log format and the summary line. */
package dev.cameleon.observe;

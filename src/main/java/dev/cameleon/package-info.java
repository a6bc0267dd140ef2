/** The application: its settings, the names its routes may use, and its start and stop. */
package dev.cameleon;

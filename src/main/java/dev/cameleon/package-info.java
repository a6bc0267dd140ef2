/**
 * The program. Packages import only from those below them; see docs/ARCHITECTURE.md for their
 * order.
 */
package dev.cameleon;

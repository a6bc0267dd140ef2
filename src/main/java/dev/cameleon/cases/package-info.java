/** The cases of {@code test}: messages, and what must come of them. */
package dev.cameleon.cases;

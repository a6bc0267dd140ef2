/** The cases of {@code test}: messages and their expected results. */
package dev.cameleon.cases;

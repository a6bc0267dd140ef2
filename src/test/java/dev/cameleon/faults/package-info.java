/** Real injected faults; after each, no message is lost and none is loaded twice. */
package dev.cameleon.faults;

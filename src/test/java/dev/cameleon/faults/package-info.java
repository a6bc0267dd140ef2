/** Faults injected for real, and the account after each: nothing lost, nothing doubled. */
package dev.cameleon.faults;

/** Operations of an officer on personal data: reveal, audit, erase, retokenize. */
package dev.cameleon.privacy;

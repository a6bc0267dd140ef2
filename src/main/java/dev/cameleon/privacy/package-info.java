/** Operations on personal data for officers and revealers: reveal, audit, erase, retokenize. */
package dev.cameleon.privacy;

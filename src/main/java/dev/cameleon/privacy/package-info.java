/** What an officer does with personal data: reveal, audit, erase, retokenize. */
package dev.cameleon.privacy;

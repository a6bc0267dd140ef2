/** The commands that handle personal data: reveal, mask, erase, audit, keys, vault, doctor. */
package dev.cameleon.cli.privacy;

/**
 * The vault of sealed original values: loaders write it, and nobody reads it without a private key.
 */
package dev.cameleon.vault;

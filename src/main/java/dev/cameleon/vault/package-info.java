/** The vault of sealed original values: loaders write to it, and reading it takes a private key. */
package dev.cameleon.vault;

/** The original values, which loaders can write and nobody can read without a private key. */
package dev.cameleon.vault;

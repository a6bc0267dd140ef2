/**
 * Hides how original values are kept so that the loader can write them and nobody can read them
 * without a private key and a reason on record.
 */
package dev.cameleon.vault;

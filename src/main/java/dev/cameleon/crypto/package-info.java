/** Sealing to public keys and opening with private ones. */
package dev.cameleon.crypto;

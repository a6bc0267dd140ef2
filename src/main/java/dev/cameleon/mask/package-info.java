/** Turns personal values into tokens: keys, canonical forms and the token's format. */
package dev.cameleon.mask;

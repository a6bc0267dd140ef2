/** How a personal value becomes a token: keys, canonical forms and the token's format. */
package dev.cameleon.mask;

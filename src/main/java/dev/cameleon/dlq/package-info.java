/** The dead-letter queue: what is sent to it, and how it is read and replayed. */
package dev.cameleon.dlq;

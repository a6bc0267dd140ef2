/** The dead-letter queue: sending dead letters, reading them and replaying them. */
package dev.cameleon.dlq;

/** The source queue: receiving, messages in flight, deleting, and the account of every message. */
package dev.cameleon.sqs;

/**
 * The source queue: receiving, messages in flight, deleting, returning, and the count of outcomes.
 */
package dev.cameleon.sqs;

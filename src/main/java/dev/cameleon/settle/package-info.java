/**
 * Hides SQS: receiving, what is in hand, deleting, dead letters, and the account of every message.
 */
package dev.cameleon.settle;

/** The servers that tests and the demo run against: a local SQS and a real PostgreSQL. */
package dev.cameleon.support;

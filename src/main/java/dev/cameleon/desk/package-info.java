/** The dead-letter desk: reads the dead-letter queue for people, and leaves it as it was. */
package dev.cameleon.desk;

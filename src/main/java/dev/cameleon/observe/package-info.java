/** Hides how the process is watched: metrics, health, the summary line and the log format. */
package dev.cameleon.observe;

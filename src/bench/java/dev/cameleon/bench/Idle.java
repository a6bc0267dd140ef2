package dev.cameleon.bench;

/**
 * The measurements of an idle contestant.
 *
 * @param receivesPer10Seconds how many receives all its pollers together make on an empty queue
 * @param cpuCores the share of a core that it uses meanwhile
 * @param loneMessageMillis the median time from sending to deletion of single messages
 * @param stopSeconds from SIGTERM to the end, with exit code 0
 */
record Idle(
    double receivesPer10Seconds, double cpuCores, double loneMessageMillis, double stopSeconds) {}

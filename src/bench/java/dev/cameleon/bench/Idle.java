package dev.cameleon.bench;

/**
 * A contestant with next to nothing to do.
 *
 * @param receivesPer10Seconds how often all its pollers together ask an empty queue
 * @param cpuCores the share of a core that it uses meanwhile
 * @param loneMessageMillis the median from sent to deleted, of single messages
 * @param stopSeconds from SIGTERM to the end, with exit code 0
 */
record Idle(
    double receivesPer10Seconds, double cpuCores, double loneMessageMillis, double stopSeconds) {}

package dev.cameleon.bench;

import java.util.List;

/**
 * One new process on a queue of waiting messages.
 *
 * @param seconds from its start until all messages were deleted or it was stopped
 * @param firstSeconds from its start until the first messages were deleted
 * @param deleted how many were deleted by then
 * @param cpuSeconds the CPU time of the process
 * @param peakMegabytes its peak memory (VmHWM)
 * @param series how many were deleted by the end of each second
 */
record ColdRun(
    double seconds,
    double firstSeconds,
    long deleted,
    double cpuSeconds,
    double peakMegabytes,
    List<Long> series) {

  double messagesPerSecond() {
    return deleted / seconds;
  }
}

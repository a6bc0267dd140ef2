package dev.cameleon.bench;

import java.util.List;

/**
 * One new process on a queue of messages that waited for it.
 *
 * @param seconds from its start until all were deleted, or it was ended
 * @param firstSeconds from its start until some were deleted
 * @param deleted how many were deleted by then
 * @param cpuSeconds of the process
 * @param peakMegabytes the most memory that it held (VmHWM)
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

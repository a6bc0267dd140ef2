package dev.cameleon.sqs;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** Measures the CPU load of the machine, or of the container's share of it. */
public final class CpuHeadroom {
  /** At a higher load, one more thread would only wait for a core. */
  private static final double BUSY = 0.9;

  private final OperatingSystemMXBean system =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  /**
   * Whether this process can use more CPU, judged by the load since the last call. Returns true if
   * other processes cause most of the load, so that this process keeps its share of the CPU.
   */
  public boolean hasRoom() {
    double load = system.getCpuLoad();
    double own = system.getProcessCpuLoad(); // always read: it covers the time since the last read
    return load < BUSY || own < load / 2;
  }
}

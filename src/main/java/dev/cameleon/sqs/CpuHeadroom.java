package dev.cameleon.sqs;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** The load of the machine's processors, or of the container's share of them. */
public final class CpuHeadroom {
  /** Above this, another thread would only wait for its turn. */
  private static final double BUSY = 0.9;

  private final OperatingSystemMXBean system =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  /**
   * Whether there is room for more work of this process, judged since the last call. If others keep
   * the machine busy there is: our share is not for us to give up.
   */
  public boolean hasRoom() {
    double load = system.getCpuLoad();
    double own = system.getProcessCpuLoad(); // asked each time: both cover the time since the last
    return load < BUSY || own < load / 2;
  }
}

package dev.cameleon.faults;

import org.junit.jupiter.api.Test;

/** Processes are killed and SQS fails, with three events per message. */
class CrashFanOutIT extends CrashScenario {
  @Test
  void ofThreeEventsInAMessageAllAreLoadedOnceOrNone() throws Exception {
    run(3, Strike.SIGKILL, Strike.SQS_FAILS);
  }
}

package dev.cameleon.faults;

import org.junit.jupiter.api.Test;

/** Everything that can fail, with one event per message. */
class CrashIT extends CrashScenario {
  @Test
  void nothingIsLostOrDoubledByAnyFailure() throws Exception {
    run(1, Strike.values());
  }
}

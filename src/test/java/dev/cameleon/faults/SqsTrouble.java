package dev.cameleon.faults;

import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** All faults of SQS and of the network to it, at random calls. */
final class SqsTrouble {
  private static final int MILD = 25;

  /** All calls but every n-th fail, which is more than the SDK's own retries can overcome. */
  private static final int SPARED_WHEN_SEVERE = 5;

  private final Random random;
  private final AtomicInteger spoilt = new AtomicInteger();

  SqsTrouble(Random random) {
    this.random = random;
  }

  /** Makes few calls fail. */
  void mild(SqsProxy sqs) {
    sqs.onAll(
            call -> random.nextInt(MILD) == 0 ? anyOf(ofEveryCall()).answer(call) : call.forward())
        .on(
            SqsProxy.DELETE,
            call -> random.nextInt(MILD) == 0 ? anyOf(ofDeletes()).answer(call) : call.forward());
  }

  /** Makes nearly all calls fail. */
  void severe(SqsProxy sqs) {
    sqs.onAll(anyOf(ofEveryCall()).exceptEvery(SPARED_WHEN_SEVERE));
  }

  /** How many answers were spoilt. */
  int count() {
    return spoilt.get();
  }

  private Fault anyOf(List<Fault> faults) {
    return call -> {
      spoilt.incrementAndGet();
      return faults.get(random.nextInt(faults.size())).answer(call);
    };
  }

  private static List<Fault> ofEveryCall() {
    return List.of(
        Fault.status(500),
        Fault.status(503),
        Fault.throttling(),
        Fault.denied(),
        Fault.noAnswer(),
        Fault.cutInTheMiddle(),
        Fault.answerLost(),
        Fault.slow(300));
  }

  private static List<Fault> ofDeletes() {
    return List.of(
        Fault.status(500),
        Fault.denied(),
        Fault.answerLost(),
        Fault.firstEntryFails(),
        Fault.firstReceiptIsRefused(),
        Fault.silence());
  }
}

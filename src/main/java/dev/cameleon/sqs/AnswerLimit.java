package dev.cameleon.sqs;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;

/**
 * Lets an answer to a receive be read only when there is room for it: its length is known before
 * its first message is. What does not fit in time is thrown away unread; its messages come again
 * after their visibility timeout.
 */
public final class AnswerLimit implements ExecutionInterceptor {
  /** The room that a receive has reserved. */
  static final ExecutionAttribute<MemoryBudget.Reservation> ROOM = new ExecutionAttribute<>("room");

  /** Short against a visibility timeout: the messages are hidden meanwhile, and nobody's. */
  private static final long WAIT_MILLIS = 5_000;

  private static final String LENGTH = "Content-Length";

  private final long waitMillis;

  /** Waits for room for a few seconds. */
  public AnswerLimit() {
    this(WAIT_MILLIS);
  }

  AnswerLimit(long waitMillis) {
    this.waitMillis = waitMillis;
  }

  @Override
  public Optional<InputStream> modifyHttpResponseContent(
      Context.ModifyHttpResponse context, ExecutionAttributes attributes) {
    MemoryBudget.Reservation room = attributes.getAttribute(ROOM);
    if (room != null && context.httpResponse().isSuccessful()) {
      long bytes =
          context.httpResponse().firstMatchingHeader(LENGTH).map(Long::parseLong).orElse(0L);
      try {
        if (!room.fit(bytes, waitMillis)) {
          throw discarded(context);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw discarded(context);
      }
    }
    return context.responseBody();
  }

  private static SdkClientException discarded(Context.ModifyHttpResponse context) {
    try {
      if (context.responseBody().isPresent()) {
        context.responseBody().get().close(); // reads what is left; the connection is free again
      }
    } catch (IOException e) {
      return SdkClientException.create("no room for the answer, and it was not to be ended", e);
    }
    return SdkClientException.create("no room for the answer");
  }
}

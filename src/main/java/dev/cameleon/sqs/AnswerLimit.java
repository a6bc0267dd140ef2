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
 * Delays reading the answer to a receive until there is memory for it; the Content-Length tells its
 * size before the body is read. If memory does not become free in time, the answer is discarded
 * unread, and its messages come back after their visibility timeout.
 */
public final class AnswerLimit implements ExecutionInterceptor {
  /** The memory that a receive has reserved. */
  static final ExecutionAttribute<MemoryBudget.Reservation> ROOM = new ExecutionAttribute<>("room");

  /**
   * Short compared with a visibility timeout, because the messages are hidden and unprocessed
   * meanwhile.
   */
  private static final long WAIT_MILLIS = 5_000;

  private static final String LENGTH = "Content-Length";

  private final long waitMillis;

  /** Creates a limit that waits at most 5 s for memory. */
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
        context.responseBody().get().close(); // drains the body: the connection can be reused
      }
    } catch (IOException e) {
      return SdkClientException.create("no memory for the answer, and closing it failed", e);
    }
    return SdkClientException.create("no memory for the answer");
  }
}

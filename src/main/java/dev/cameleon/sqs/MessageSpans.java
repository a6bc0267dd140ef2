package dev.cameleon.sqs;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/**
 * Spans of OpenTelemetry: one per message, from its receive to its outcome, in the trace that its
 * sender names in the message attribute {@code traceparent}; and one per committed statement,
 * linked with those of its messages in both directions. Nothing that a sender wrote becomes an
 * attribute.
 */
final class MessageSpans implements MessageTracing {
  private static final Logger LOG = LoggerFactory.getLogger(MessageSpans.class);
  private static final String SCOPE = "dev.cameleon";
  private static final String TRACEPARENT = "traceparent";

  /** OpenTelemetry's default limit of links per span. */
  private static final int MOST_LINKS = 128;

  private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("cameleon.outcome");
  private static final AttributeKey<Long> NEW_MESSAGES =
      AttributeKey.longKey("cameleon.new_messages");
  private static final AttributeKey<String> SOURCE_MESSAGE =
      AttributeKey.stringKey("cameleon.source_message.id");
  private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("messaging.system");
  private static final AttributeKey<String> DESTINATION =
      AttributeKey.stringKey("messaging.destination.name");
  private static final AttributeKey<String> OPERATION =
      AttributeKey.stringKey("messaging.operation.name");
  private static final AttributeKey<String> OPERATION_TYPE =
      AttributeKey.stringKey("messaging.operation.type");
  private static final AttributeKey<String> MESSAGE =
      AttributeKey.stringKey("messaging.message.id");
  private static final AttributeKey<Long> MESSAGES =
      AttributeKey.longKey("messaging.batch.message_count");

  private final Tracer tracer;
  private final String queue;

  /** The spans of messages in flight whose trace is recorded, by receipt handle. */
  private final Map<String, Span> spans = new ConcurrentHashMap<>();

  private MessageSpans(Tracer tracer, String queue) {
    this.tracer = tracer;
    this.queue = queue;
  }

  static MessageTracing of(String queue) {
    Tracer tracer = GlobalOpenTelemetry.getTracer(SCOPE);
    if (tracer == OpenTelemetry.noop().getTracer(SCOPE)) {
      LOG.warn(
          "No traces: a variable OTEL_… or a system property otel.… is set, but the JVM runs without"
              + " OpenTelemetry's agent. Add -javaagent:FILE to JAVA_TOOL_OPTIONS, or unset them.");
      return OFF;
    }
    LOG.info("Tracing is on.");
    return new MessageSpans(tracer, queue);
  }

  @Override
  public void received(Delivery delivery) {
    Context parent = Context.root();
    if (!delivery.attributes().values().isEmpty()) {
      parent =
          W3CTraceContextPropagator.getInstance().extract(parent, delivery, MessageSpans::header);
    }
    Span span = begin("process", parent).setSpanKind(SpanKind.CONSUMER).startSpan();
    if (span.isRecording()) {
      span.setAttribute(OPERATION_TYPE, "process").setAttribute(MESSAGE, delivery.messageId());
      String source = delivery.sourceMessage().id();
      if (!source.equals(delivery.messageId())) {
        span.setAttribute(SOURCE_MESSAGE, source);
      }
      spans.put(delivery.receiptHandle(), span);
    }
  }

  /** Without the sender's {@code tracestate}, whose values may be personal. */
  private static String header(Delivery delivery, String name) {
    MessageAttributeValue value =
        name.equals(TRACEPARENT) ? delivery.attributes().values().get(name) : null;
    return value == null ? null : value.stringValue();
  }

  private SpanBuilder begin(String operation, Context parent) {
    return tracer
        .spanBuilder(operation + " " + queue)
        .setParent(parent)
        .setAttribute(SYSTEM, "aws_sqs")
        .setAttribute(DESTINATION, queue)
        .setAttribute(OPERATION, operation);
  }

  @Override
  public void committed(Collection<Delivery> batch, int inserted, long beganNanos) {
    List<Span> recorded =
        batch.stream()
            .map(delivery -> spans.get(delivery.receiptHandle()))
            .filter(Objects::nonNull)
            .toList();
    if (recorded.isEmpty()) {
      return;
    }
    // A sampler decides by the parent: without a parent, most commits of recorded messages would
    // not be recorded.
    SpanBuilder builder =
        begin("load", Context.root().with(recorded.get(0)))
            .setStartTimestamp(Instant.now().minusNanos(System.nanoTime() - beganNanos))
            .setAttribute(MESSAGES, (long) batch.size())
            .setAttribute(NEW_MESSAGES, (long) inserted);
    recorded.stream().limit(MOST_LINKS).forEach(span -> builder.addLink(span.getSpanContext()));
    Span commit = builder.startSpan();
    recorded.forEach(span -> span.addLink(commit.getSpanContext()));
    commit.end();
  }

  @Override
  public void settled(Delivery delivery, Outcome outcome) {
    Span span = spans.remove(delivery.receiptHandle());
    if (span != null) {
      if (outcome == Outcome.DEAD_LETTERED) {
        span.setStatus(StatusCode.ERROR);
      }
      span.setAttribute(OUTCOME, outcome.label()).end();
    }
  }
}

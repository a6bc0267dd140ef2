package dev.cameleon.support;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import io.opentelemetry.sdk.autoconfigure.spi.traces.ConfigurableSpanExporterProvider;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.List;

/**
 * Replaces the agent by OpenTelemetry's SDK: with {@link #OPTIONS}, a {@link Program} prints each
 * span as one line of JSON on standard output.
 */
public final class PrintedSpans implements ConfigurableSpanExporterProvider {
  /** JVM options that sample every span unless its sender decided otherwise, and print it soon. */
  public static final String OPTIONS =
      "-Xmx256m -XX:TieredStopAtLevel=1 -Dotel.java.global-autoconfigure.enabled=true"
          + " -Dotel.traces.exporter=printed -Dotel.metrics.exporter=none"
          + " -Dotel.logs.exporter=none -Dotel.bsp.schedule.delay=100";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The spans in a program's output. */
  public static List<ObjectNode> in(String out) {
    return out.lines()
        .filter(line -> line.startsWith("{\"span\""))
        .map(
            line -> {
              try {
                return (ObjectNode) JSON.readTree(line);
              } catch (JsonProcessingException e) {
                throw new IllegalStateException(e);
              }
            })
        .toList();
  }

  @Override
  public String getName() {
    return "printed";
  }

  @Override
  public SpanExporter createExporter(ConfigProperties config) {
    return new SpanExporter() {
      @Override
      public CompletableResultCode export(Collection<SpanData> spans) {
        spans.forEach(span -> System.out.println(json(span)));
        return CompletableResultCode.ofSuccess();
      }

      @Override
      public CompletableResultCode flush() {
        return CompletableResultCode.ofSuccess();
      }

      @Override
      public CompletableResultCode shutdown() {
        return CompletableResultCode.ofSuccess();
      }
    };
  }

  private static ObjectNode json(SpanData span) {
    ObjectNode json = JSON.createObjectNode();
    json.put("span", span.getSpanId())
        .put("trace", span.getTraceId())
        .put("parent", span.getParentSpanId())
        .put("state", span.getSpanContext().getTraceState().asMap().toString())
        .put("name", span.getName())
        .put("kind", span.getKind().toString())
        .put("status", span.getStatus().toString())
        .put("nanos", span.getEndEpochNanos() - span.getStartEpochNanos())
        .put("events", span.getEvents().toString());
    attributes(json.putObject("attributes"), span.getAttributes());
    ArrayNode links = json.putArray("links");
    span.getLinks()
        .forEach(
            link -> {
              ObjectNode each = links.addObject();
              each.put("span", link.getSpanContext().getSpanId());
              each.put("state", link.getSpanContext().getTraceState().asMap().toString());
              attributes(each.putObject("attributes"), link.getAttributes());
            });
    return json;
  }

  private static void attributes(ObjectNode json, Attributes attributes) {
    attributes.forEach((key, value) -> json.put(key.getKey(), value.toString()));
  }
}

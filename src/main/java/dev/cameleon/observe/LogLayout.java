package dev.cameleon.observe;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.LayoutBase;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * Formats a log event as text or as a line of JSON. Shows an exception's types and stack frames,
 * but not its message, because a library's message may quote its input, which is personal.
 */
public final class LogLayout extends LayoutBase<ILoggingEvent> {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final int FRAMES = 12;

  private final boolean json;

  LogLayout(boolean json) {
    this.json = json;
  }

  @Override
  public String doLayout(ILoggingEvent event) {
    return json ? asJson(event) : asText(event);
  }

  private static String asText(ILoggingEvent event) {
    StringBuilder line = new StringBuilder(160);
    line.append(time(event))
        .append(String.format(" %-5s ", event.getLevel()))
        .append(shortName(event.getLoggerName()))
        .append("  ")
        .append(message(event))
        .append('\n');
    trace(event.getThrowableProxy())
        .lines()
        .forEach(frame -> line.append("    ").append(frame).append('\n'));
    return line.toString();
  }

  private static String asJson(ILoggingEvent event) {
    ObjectNode line = JSON.createObjectNode();
    line.put("time", time(event));
    line.put("level", event.getLevel().toString());
    line.put("logger", event.getLoggerName());
    line.put("thread", event.getThreadName());
    line.put("message", message(event));
    if (event.getThrowableProxy() != null) {
      line.put("exception", trace(event.getThrowableProxy()));
    }
    return line + "\n";
  }

  /**
   * Libraries also put the exception's message into their own log text, so it is removed there as
   * well.
   */
  private static String message(ILoggingEvent event) {
    boolean ours = event.getLoggerName().startsWith("dev.cameleon.");
    return ours || event.getThrowableProxy() == null
        ? event.getFormattedMessage()
        : "failed as follows (the message is not shown: it may quote personal data)";
  }

  private static String time(ILoggingEvent event) {
    return TIME.format(Instant.ofEpochMilli(event.getTimeStamp()));
  }

  private static String shortName(String logger) {
    return logger.substring(logger.lastIndexOf('.') + 1);
  }

  private static String trace(IThrowableProxy failure) {
    StringBuilder text = new StringBuilder();
    for (IThrowableProxy each = failure; each != null; each = each.getCause()) {
      text.append(each == failure ? "" : "caused by ").append(each.getClassName()).append('\n');
      var frames = each.getStackTraceElementProxyArray();
      for (int i = 0; i < Math.min(FRAMES, frames.length); i++) {
        text.append("  ").append(frames[i].getSTEAsString()).append('\n');
      }
    }
    return text.toString();
  }
}

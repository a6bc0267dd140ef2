package dev.cameleon.cli.console;

import dev.cameleon.config.ValueParser;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;

/**
 * Parses a duration such as {@code 90s} or {@code 15m}; {@link UsageMessage} explains a failure.
 */
public final class DurationConverter implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String text) {
    return ValueParser.duration(text);
  }
}

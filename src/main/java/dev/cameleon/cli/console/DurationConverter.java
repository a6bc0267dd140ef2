package dev.cameleon.cli.console;

import dev.cameleon.config.Settings;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Parses a duration such as {@code 90s} or {@code 15m}. */
public final class DurationConverter implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String text) {
    return Settings.duration(text)
        .orElseThrow(() -> new TypeConversionException("not a time")); // UsageMessage explains
  }
}

package dev.cameleon.cli;

import dev.cameleon.Settings;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a time such as {@code 90s} or {@code 15m}. */
final class DurationConverter implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String text) {
    return Settings.duration(text)
        .orElseThrow(() -> new TypeConversionException("not a time")); // Refusal says what one is
  }
}

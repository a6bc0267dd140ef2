package dev.cameleon.cli.console;

import dev.cameleon.config.Settings;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Parses a moment: a time such as {@code 2026-11-20T10:00Z}, a day such as {@code 2026-11-20} (its
 * start in UTC), or an age such as {@code 2h} or {@code 7d}.
 */
public final class MomentConverter implements ITypeConverter<Instant> {
  @Override
  public Instant convert(String text) {
    try {
      return Settings.duration(text)
          .map(ago -> Instant.now().minus(ago))
          .orElseGet(() -> absolute(text));
    } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
      throw new TypeConversionException("not a moment"); // UsageMessage explains the format
    }
  }

  private static Instant absolute(String text) {
    return text.contains("T")
        ? OffsetDateTime.parse(text).toInstant()
        : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
  }
}

package dev.cameleon.cli.console;

import dev.cameleon.config.ValueParser;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import picocli.CommandLine.ITypeConverter;

/**
 * Parses a moment: a time such as {@code 2026-11-20T10:00Z}, a day such as {@code 2026-11-20} (its
 * start in UTC), or an age such as {@code 2h} or {@code 7d}; {@link UsageMessage} explains a
 * failure.
 */
public final class MomentConverter implements ITypeConverter<Instant> {
  @Override
  public Instant convert(String text) {
    if (text.contains("T")) {
      return OffsetDateTime.parse(text).toInstant();
    }
    return text.contains("-")
        ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
        : Instant.now().minus(ValueParser.duration(text));
  }
}

package dev.cameleon.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EscapingWriterTest {
  @Test
  void aCharacterThatTheOutputLacksIsEscaped() {
    assertThat(written(StandardCharsets.US_ASCII, "caf\u00e9 \u2026 \ud83d\ude00?"))
        .isEqualTo("caf\\u00e9 \\u2026 \\ud83d\\ude00?");
  }

  @Test
  void aCharacterThatTheOutputHasIsWritten() {
    assertThat(written(StandardCharsets.UTF_8, "caf\u00e9 \ud83d\ude00"))
        .isEqualTo("caf\u00e9 \ud83d\ude00");
    assertThat(written(StandardCharsets.ISO_8859_1, "caf\u00e9 \u2026"))
        .isEqualTo("caf\u00e9 \\u2026");
  }

  private static String written(Charset encoding, String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintWriter out = new PrintWriter(new EscapingWriter(bytes, encoding), true);
    out.print(text);
    out.print('!');
    out.flush();
    return bytes.toString(encoding).replaceFirst("!$", "");
  }
}

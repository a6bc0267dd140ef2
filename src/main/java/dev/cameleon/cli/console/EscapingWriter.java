package dev.cameleon.cli.console;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;

/** Writes characters that the output's character set lacks as {@code \u00e9}, not as {@code ?}. */
public final class EscapingWriter extends FilterWriter {
  private final CharsetEncoder encoder;

  /** Writes to a stream that shows text in this character set. */
  public EscapingWriter(OutputStream out, Charset encoding) {
    super(new OutputStreamWriter(out, encoding));
    encoder = encoding.newEncoder();
  }

  @Override
  public void write(int c) throws IOException {
    write(Character.toString(c), 0, 1);
  }

  @Override
  public void write(char[] text, int offset, int length) throws IOException {
    write(new String(text, offset, length), 0, length);
  }

  @Override
  public void write(String text, int offset, int length) throws IOException {
    String part = text.substring(offset, offset + length);
    if (encoder.canEncode(part)) {
      out.write(part);
      return;
    }
    for (int i = 0; i < part.length(); i += Character.charCount(part.codePointAt(i))) {
      write(out, Character.toString(part.codePointAt(i)));
    }
  }

  private void write(Writer to, String character) throws IOException {
    to.write(encoder.canEncode(character) ? character : Printable.escape(character));
  }
}

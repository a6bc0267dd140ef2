package dev.cameleon.cli.console;

import dev.cameleon.crypto.SecretFile;
import dev.cameleon.errors.SafeQuote;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes a new file completely or not at all: until it is complete, it is called {@code FILE.part}.
 * Only its owner can read it. Thread-safe.
 */
public final class NewFile implements AutoCloseable {
  private final Path file;
  private final Path part;
  private final BufferedWriter writer;
  private boolean finished;

  private NewFile(Path file, Path part, BufferedWriter writer) {
    this.file = file;
    this.part = part;
    this.writer = writer;
  }

  /**
   * Creates the file.
   *
   * @throws UsageException if it exists, or cannot be created
   */
  public static NewFile begin(Path file) throws UsageException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    if (Files.exists(file)) {
      throw new UsageException(
          SafeQuote.path(file) + " exists and is not overwritten; name another file");
    }
    try {
      SecretFile.create(part);
      return new NewFile(
          file,
          part,
          Files.newBufferedWriter(part, StandardCharsets.UTF_8, StandardOpenOption.WRITE));
    } catch (FileAlreadyExistsException e) {
      throw new UsageException(
          SafeQuote.path(part)
              + " exists: another export is writing it, or was killed; if none is"
              + " running, delete the file");
    } catch (IOException e) {
      throw new UsageException(
          SafeQuote.path(file) + " cannot be written (" + e.getClass().getSimpleName() + ")");
    }
  }

  /** Writes a line. */
  public synchronized void line(String text) {
    try {
      writer.write(text);
      writer.write('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Completes the file and gives it its name.
   *
   * @throws FailedException if a file of this name was created meanwhile, or it cannot be written
   */
  public synchronized void finish() throws FailedException {
    try {
      writer.close();
      Files.move(part, file);
      finished = true;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** The exception for a failed write. */
  public FailedException failed(IOException failure) {
    return new FailedException(
        "%s cannot be written (%s); the incomplete file was deleted"
            .formatted(SafeQuote.path(file), failure.getClass().getSimpleName()));
  }

  /** Removes the file unless it is complete. */
  @Override
  public synchronized void close() {
    if (finished) {
      return;
    }
    try {
      writer.close();
    } catch (IOException e) {
      // for example a full disk; nothing else can be done
    }
    try {
      Files.deleteIfExists(part);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

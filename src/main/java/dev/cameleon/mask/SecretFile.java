package dev.cameleon.mask;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Files that hold keys. */
public final class SecretFile {
  private SecretFile() {}

  /**
   * What is wrong if every user of this machine may read or write the file, and how to mend it;
   * else an empty string. Where files have no owners this cannot be told.
   */
  public static String openToOthers(Path file) throws IOException {
    PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
    if (view == null) {
      return "";
    }
    Set<PosixFilePermission> permissions = view.readAttributes().permissions();
    if (!permissions.contains(PosixFilePermission.OTHERS_READ)
        && !permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      return "";
    }
    return file
        + " is open to every user of this machine ("
        + PosixFilePermissions.toString(permissions)
        + "); run: chmod 600 "
        + file;
  }

  /**
   * Writes a new file that only its owner can read.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is one
   */
  static void write(Path file, String content) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    Files.createDirectories(folder);
    if (Files.getFileAttributeView(folder, PosixFileAttributeView.class) != null) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } else {
      Files.createFile(file);
    }
    Files.writeString(file, content, StandardCharsets.UTF_8, StandardOpenOption.WRITE);
  }
}

package dev.cameleon.crypto;

import dev.cameleon.errors.SafeQuote;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Checks who may read and change files with keys, and writes new ones. */
public final class SecretFile {
  /** S_ISVTX in POSIX's sys/stat.h. */
  private static final int STICKY = 0x200;

  private SecretFile() {}

  /**
   * Returns the problem and its remedy if every user of this machine may read or write the file,
   * otherwise an empty string. Cannot check this on file systems without owners.
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
    return SafeQuote.path(file)
        + " is open to every user of this machine ("
        + PosixFilePermissions.toString(permissions)
        + "); run: chmod 600 "
        + SafeQuote.path(file);
  }

  /**
   * Returns the problem and its remedy if every user of this machine may change the target of a
   * path, otherwise an empty string. Checks the target of all links and every folder above it,
   * because write access to one of these permits replacing the target. In a folder with the sticky
   * bit (/tmp, or a mount of Kubernetes) nobody can replace another user's files.
   */
  public static String changeableByOthers(Path path) throws IOException {
    for (Path at = path.toRealPath(); at != null; at = at.getParent()) {
      if (isOpenToWrite(at) && !(Files.isDirectory(at) && isSticky(at))) {
        return SafeQuote.path(at)
            + " can be changed by every user of this machine; run: chmod o-w "
            + SafeQuote.path(at);
      }
    }
    return "";
  }

  /**
   * Whether every user may create files in this folder and the file does not belong to the folder's
   * owner.
   */
  public static boolean isStrangers(Path folder, Path file) throws IOException {
    return isOpenToWrite(folder)
        && !Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(folder));
  }

  private static boolean isOpenToWrite(Path path) throws IOException {
    PosixFileAttributeView view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
    return view != null
        && view.readAttributes().permissions().contains(PosixFilePermission.OTHERS_WRITE);
  }

  private static boolean isSticky(Path path) throws IOException {
    return ((Integer) Files.getAttribute(path, "unix:mode") & STICKY) != 0;
  }

  /**
   * Creates an empty file that only its owner can read.
   *
   * @throws java.nio.file.FileAlreadyExistsException if the file exists
   */
  public static void create(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (Files.getFileAttributeView(folder, PosixFileAttributeView.class) != null) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } else {
      Files.createFile(file);
    }
  }

  /**
   * Writes a new file that only its owner can read.
   *
   * @throws java.nio.file.FileAlreadyExistsException if the file exists
   */
  public static void write(Path file, String content) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    create(file);
    Files.writeString(file, content, StandardCharsets.UTF_8, StandardOpenOption.WRITE);
  }
}

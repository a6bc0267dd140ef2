package dev.cameleon.errors;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What of a setting or an argument a message may repeat. Somebody may have put a key, a password or
 * an address where a name belongs, so a value is repeated only if it has the form of what was asked
 * for; otherwise words stand in its place. The message always names the setting or option itself.
 */
public final class SafeQuote {
  /** Without what keys, passwords in URLs and JSON have, and not an address. */
  private static final Pattern PLAIN =
      Pattern.compile("(?![0-9A-Fa-f:.]+$)[\\p{L}\\p{N}._ /\\\\:~()-]{1,1024}");

  private static final Pattern FILE_NAME =
      Pattern.compile(".*\\.(json|jsonl|pem|key|crt|properties|sql|yaml|txt|csv)(\\.part)?");

  /** An identifier of PostgreSQL that needs no quotes, or with dots and hyphens. */
  private static final Pattern ROLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_.$-]{0,62}");

  private static final String HIDDEN = "(not shown: it may be a secret)";

  private SafeQuote() {}

  /**
   * A file or folder, if the text evidently names one: it has the dead letters of a path, and
   * exists, or its folder does, or it ends as the files do that are asked for.
   */
  public static String path(Path path) {
    return isPath(path) ? path.toString() : HIDDEN;
  }

  /** Whether {@link #path} shows it. */
  public static boolean isPath(Path path) {
    String text = path.toString();
    boolean evident =
        Files.exists(path)
            || FILE_NAME.matcher(text).matches()
            || (path.getParent() != null && Files.isDirectory(path.getParent()));
    return evident && PLAIN.matcher(text).matches();
  }

  /** A database user. */
  public static String role(String name) {
    return ROLE.matcher(name).matches() ? name : HIDDEN;
  }

  /** A word that may be one of ours misspelt, such as the name of a property. */
  public static boolean isName(String text) {
    return text.matches("[a-z][a-z.-]{1,39}");
  }
}

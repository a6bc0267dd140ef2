package dev.cameleon.errors;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Decides whether a message may repeat the value of a setting or argument. Somebody may have put a
 * key, a password or an address where a name belongs, so a value is repeated only if it has the
 * expected form; otherwise a phrase replaces it. The message always names the setting or option
 * itself.
 */
public final class SafeQuote {
  /** Without the characters of keys, of passwords in URLs and of JSON, and not an address. */
  private static final Pattern PLAIN =
      Pattern.compile("(?!\\.*[0-9A-Fa-f:][0-9A-Fa-f:.]*$)[\\p{L}\\p{N}._ /\\\\:~()-]{1,1024}");

  private static final Pattern FILE_NAME =
      Pattern.compile(".*\\.(json|jsonl|pem|key|crt|properties|sql|yaml|txt|csv)(\\.part)?");

  /** An identifier of PostgreSQL that needs no quotes, or one with dots and hyphens. */
  private static final Pattern ROLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_.$-]{0,62}");

  private static final String HIDDEN = "(not shown: it may be a secret)";

  private SafeQuote() {}

  /**
   * The path, if the text evidently names a file or folder: it has only characters that are usual
   * in paths, and it exists, or its folder exists, or it has an expected extension.
   */
  public static String path(Path path) {
    return isPath(path) ? path.toString() : HIDDEN;
  }

  /** Whether {@link #path} shows this text. */
  public static boolean isPath(Path path) {
    String text = path.toString();
    boolean evident =
        Files.exists(path)
            || FILE_NAME.matcher(text).matches()
            || (path.getParent() != null && Files.isDirectory(path.getParent()));
    return evident && PLAIN.matcher(text).matches();
  }

  /** A database role, if it looks like one. */
  public static String role(String name) {
    return ROLE.matcher(name).matches() ? name : HIDDEN;
  }

  /** Whether the text looks like a name, such as that of a property, and may be a misspelt one. */
  public static boolean isName(String text) {
    return text.matches("[a-z][a-z.-]{1,39}");
  }
}

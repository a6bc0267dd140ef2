package dev.cameleon.mask;

import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeyStatus;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.prf.HmacPrfKey;
import com.google.crypto.tink.prf.PredefinedPrfParameters;
import com.google.crypto.tink.prf.Prf;
import com.google.crypto.tink.prf.PrfConfig;
import com.google.crypto.tink.prf.PrfSet;
import dev.cameleon.crypto.SecretFile;
import dev.cameleon.errors.SafeQuote;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * The mask keys: a Google Tink keyset of HMAC-SHA256 PRF keys, in the order in which they were
 * added. A token passes through all of them (see {@link Masker}), so that equal values stay equal
 * after a rotation.
 */
public final class Keyset {
  /**
   * One key, without its material.
   *
   * @param id 8 hexadecimal digits
   * @param primary whether it is the keyset's primary
   * @param status Tink's status of the key
   */
  public record KeyInfo(String id, boolean primary, String status) {}

  /** One step of the chain. */
  record Link(String id, Prf prf) {}

  private final KeysetHandle handle;
  private final List<Link> links;

  private Keyset(KeysetHandle handle) throws GeneralSecurityException {
    this.handle = handle;
    PrfSet prfs = handle.getPrimitive(RegistryConfiguration.get(), PrfSet.class);
    List<Link> chain = new ArrayList<>();
    for (int i = 0; i < handle.size(); i++) {
      KeysetHandle.Entry entry = handle.getAt(i);
      if (!(entry.getKey() instanceof HmacPrfKey)) {
        throw new GeneralSecurityException("not an HMAC key");
      }
      if (hex(entry.getId()).equals(Token.ERASED)) {
        throw new GeneralSecurityException("its tokens would look like random ones");
      }
      if (entry.getStatus() == KeyStatus.ENABLED) {
        chain.add(new Link(hex(entry.getId()), prfs.getPrfs().get(entry.getId())));
      }
    }
    if (!handle.getAt(handle.size() - 1).isPrimary()) {
      throw new GeneralSecurityException("the primary is not the last key");
    }
    this.links = List.copyOf(chain);
  }

  /**
   * Reads a keyset file.
   *
   * @throws InvalidKeysetException if it is missing, readable by users other than its owner and
   *     group, or not a keyset of this kind
   */
  public static Keyset read(Path file) throws InvalidKeysetException {
    try {
      if (!Files.exists(file)) {
        throw new InvalidKeysetException(
            "no keyset at " + SafeQuote.path(file) + "; create one with: keys create --out FILE");
      }
      String open = SecretFile.openToOthers(file);
      if (!open.isEmpty()) {
        throw new InvalidKeysetException("the keyset " + open);
      }
      return parse(Files.readString(file), SafeQuote.path(file));
    } catch (IOException e) {
      throw new InvalidKeysetException(
          "the keyset "
              + SafeQuote.path(file)
              + " cannot be read ("
              + e.getClass().getSimpleName()
              + ")");
    }
  }

  /**
   * Reads a keyset from its JSON text.
   *
   * @param source where the text comes from, for messages; the text itself is never shown
   * @throws InvalidKeysetException if it is not a keyset of this kind
   */
  public static Keyset parse(String json, String source) throws InvalidKeysetException {
    try {
      PrfConfig.register();
      return new Keyset(
          TinkJsonProtoKeysetFormat.parseKeyset(
              json, RegistryConfiguration.get(), InsecureSecretKeyAccess.get()));
    } catch (GeneralSecurityException | RuntimeException e) {
      // Tink's message may quote its input.
      throw new InvalidKeysetException(
          source
              + " is not a keyset of HMAC-SHA256 PRF keys with the primary key last;"
              + " create one with: keys create --out FILE");
    }
  }

  /** Creates a keyset with one new key. */
  public static Keyset create() {
    try {
      PrfConfig.register();
      return new Keyset(withFreshKey(KeysetHandle::newBuilder));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no HMAC-SHA256", e);
    }
  }

  /**
   * Adds a new key, which becomes the primary. The older keys stay: a token passes through all of
   * them, so that a value loaded later gets the token that {@link Masker#renew} computes from its
   * current one.
   */
  public Keyset rotated() {
    try {
      return new Keyset(withFreshKey(() -> KeysetHandle.newBuilder(handle)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no HMAC-SHA256", e);
    }
  }

  /** Adds a key with a random id, and draws again if it is the reserved id of random tokens. */
  private static KeysetHandle withFreshKey(Supplier<KeysetHandle.Builder> before)
      throws GeneralSecurityException {
    KeysetHandle drawn;
    do {
      drawn =
          before
              .get()
              .addEntry(
                  KeysetHandle.generateEntryFromParameters(PredefinedPrfParameters.HMAC_SHA256_PRF)
                      .withRandomId()
                      .makePrimary())
              .build();
    } while (hex(drawn.getPrimary().getId()).equals(Token.ERASED));
    return drawn;
  }

  /**
   * Writes the keyset to a file that only its owner can read.
   *
   * @throws FileAlreadyExistsException if the file exists; a keyset is never overwritten
   */
  public void write(Path file) throws IOException {
    SecretFile.write(file, json());
  }

  /** The keyset's JSON text: secret. */
  public String json() {
    try {
      return TinkJsonProtoKeysetFormat.serializeKeyset(
          handle, RegistryConfiguration.get(), InsecureSecretKeyAccess.get());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot write a keyset that was read", e);
    }
  }

  /** The keys, without their material, in the keyset's order. */
  public List<KeyInfo> keys() {
    List<KeyInfo> keys = new ArrayList<>();
    for (int i = 0; i < handle.size(); i++) {
      KeysetHandle.Entry entry = handle.getAt(i);
      keys.add(new KeyInfo(hex(entry.getId()), entry.isPrimary(), entry.getStatus().toString()));
    }
    return keys;
  }

  /** The id of the newest key, which every new token has. */
  public String currentId() {
    return links.get(links.size() - 1).id();
  }

  /** The ids of the older keys, oldest first. */
  public List<String> olderIds() {
    return links.subList(0, links.size() - 1).stream().map(Link::id).toList();
  }

  List<Link> links() {
    return links;
  }

  private static String hex(int id) {
    return String.format(Locale.ROOT, "%08x", id);
  }

  @Override
  public String toString() {
    return "Keyset" + keys();
  }
}

package dev.cameleon.support;

import com.google.crypto.tink.AccessesPartialKey;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.prf.HmacPrfKey;
import com.google.crypto.tink.prf.HmacPrfParameters;
import com.google.crypto.tink.prf.PrfConfig;
import com.google.crypto.tink.util.SecretBytes;
import dev.cameleon.mask.Keyset;
import java.util.Arrays;

/** Keysets with known keys, for vectors that another tool computed. */
public final class FixedKeys {
  private FixedKeys() {}

  /**
   * A keyset of keys of 32 equal bytes, in order, the last one primary.
   *
   * @param idsAndBytes alternately a key id and the byte
   */
  public static Keyset of(int... idsAndBytes) {
    int[] ids = new int[idsAndBytes.length / 2];
    byte[][] materials = new byte[ids.length][32];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = idsAndBytes[2 * i];
      Arrays.fill(materials[i], (byte) idsAndBytes[2 * i + 1]);
    }
    return of(ids, materials);
  }

  /** A keyset of one key. */
  public static Keyset of(int id, byte[] material) {
    return of(new int[] {id}, new byte[][] {material});
  }

  @AccessesPartialKey
  private static Keyset of(int[] ids, byte[][] materials) {
    try {
      PrfConfig.register();
      KeysetHandle.Builder builder = KeysetHandle.newBuilder();
      for (int i = 0; i < ids.length; i++) {
        KeysetHandle.Builder.Entry entry =
            KeysetHandle.importKey(
                    HmacPrfKey.builder()
                        .setParameters(
                            HmacPrfParameters.builder()
                                .setKeySizeBytes(materials[i].length)
                                .setHashType(HmacPrfParameters.HashType.SHA256)
                                .build())
                        .setKeyBytes(
                            SecretBytes.copyFrom(materials[i], InsecureSecretKeyAccess.get()))
                        .build())
                .withFixedId(ids[i]);
        builder.addEntry(i + 1 == ids.length ? entry.makePrimary() : entry);
      }
      return Keyset.parse(
          TinkJsonProtoKeysetFormat.serializeKeyset(
              builder.build(), RegistryConfiguration.get(), InsecureSecretKeyAccess.get()),
          "a test's keyset");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}

package dev.cameleon.support;

import com.google.crypto.tink.AccessesPartialKey;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.prf.HmacPrfKey;
import com.google.crypto.tink.prf.PredefinedPrfParameters;
import com.google.crypto.tink.prf.PrfConfig;
import com.google.crypto.tink.util.SecretBytes;
import dev.cameleon.mask.Keyset;
import java.util.Arrays;

/** Keysets whose keys are known, for vectors that another tool computed. */
public final class FixedKeys {
  private FixedKeys() {}

  /**
   * A keyset of keys of 32 equal bytes, in order, the last one primary.
   *
   * @param idsAndBytes alternately a key id and the byte
   */
  @AccessesPartialKey
  public static Keyset of(int... idsAndBytes) {
    try {
      PrfConfig.register();
      KeysetHandle.Builder builder = KeysetHandle.newBuilder();
      for (int i = 0; i < idsAndBytes.length; i += 2) {
        byte[] material = new byte[32];
        Arrays.fill(material, (byte) idsAndBytes[i + 1]);
        KeysetHandle.Builder.Entry entry =
            KeysetHandle.importKey(
                    HmacPrfKey.builder()
                        .setParameters(PredefinedPrfParameters.HMAC_SHA256_PRF)
                        .setKeyBytes(SecretBytes.copyFrom(material, InsecureSecretKeyAccess.get()))
                        .build())
                .withFixedId(idsAndBytes[i]);
        builder.addEntry(i + 2 == idsAndBytes.length ? entry.makePrimary() : entry);
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

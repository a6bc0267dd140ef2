package dev.cameleon.dlq;

import dev.cameleon.crypto.SealedBody;
import dev.cameleon.vault.Vault;
import java.util.function.UnaryOperator;

/**
 * How the bodies of dead letters are sealed.
 *
 * @param vault seals to its recipients
 * @param preview describes a body by its shape, without its values, for everybody
 */
public record BodySealing(Vault vault, UnaryOperator<String> preview) {
  SealedBody seal(String body) {
    return vault.seal(body, preview.apply(body));
  }

  /** Seals a text that needs no preview. */
  String sealWithoutPreview(String text) {
    return vault.seal(text, "").textWithoutPreview();
  }
}

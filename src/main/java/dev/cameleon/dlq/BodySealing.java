package dev.cameleon.dlq;

import dev.cameleon.crypto.SealedBody;
import dev.cameleon.vault.Vault;
import java.util.function.UnaryOperator;

/**
 * How the bodies of dead letters are sealed.
 *
 * @param vault seals to its recipients
 * @param preview makes of a body what anybody may see of it: its shape, and none of its values
 */
public record BodySealing(Vault vault, UnaryOperator<String> preview) {
  SealedBody seal(String body) {
    return vault.seal(body, preview.apply(body));
  }
}

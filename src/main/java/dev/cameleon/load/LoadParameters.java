package dev.cameleon.load;

import dev.cameleon.vault.VaultEntries;

/**
 * The parameters of {@code load.sql}.
 *
 * @param batch a JSON array with one object per row: its fields, {@code message_id} and {@code
 *     sent_at}
 * @param vault a JSON object: {@code made}, the database's time when both parameters were built,
 *     the {@code data_key}, its {@code keys} by recipient, and {@code entries}, each with the
 *     message whose row needs it; with a {@code turn}, the statement waits for the turns of other
 *     loaders
 */
public record LoadParameters(String batch, String vault) {
  /** An empty batch, which the database must accept as well. */
  public static final LoadParameters NONE = new LoadParameters("[]", VaultEntries.NONE);

  /** These parameters, for a loader that takes turns with the others. */
  LoadParameters inTurn() {
    return new LoadParameters(batch, "{\"turn\":1," + vault.substring(1));
  }

  /** Leaves out personal data. */
  @Override
  public String toString() {
    return "LoadParameters[" + batch.length() + ", " + vault.length() + " characters]";
  }
}

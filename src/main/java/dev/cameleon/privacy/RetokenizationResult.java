package dev.cameleon.privacy;

import java.util.List;
import java.util.Map;

/**
 * The result of a {@link Retokenization}.
 *
 * @param key the newest key's id
 * @param retired the older keys that are retired now, including those retired before
 * @param rows how many rows were rewritten
 * @param entries how many vault entries moved to a newer token
 * @param dropped how many vault entries were deleted because the newer token already had one
 * @param subjects how many suppressed persons moved to a newer token
 * @param unknown how many tokens have a key that is not in the keyset, by key id; these are not
 *     changed
 * @param head the head of the audit's chain
 */
public record RetokenizationResult(
    String key,
    List<String> retired,
    long rows,
    long entries,
    long dropped,
    long subjects,
    Map<String, Long> unknown,
    String head) {}

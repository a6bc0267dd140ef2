package dev.cameleon.privacy;

import java.util.List;
import java.util.Map;

/**
 * What a {@link Retokenization} has done.
 *
 * @param key the newest key's id
 * @param retired the older keys that are retired now, those that were before included
 * @param rows that were rewritten
 * @param entries of the vault under a newer token
 * @param dropped entries of the vault, since there was one under the newer token already
 * @param subjects who asked to be erased, under a newer token
 * @param unknown tokens of keys that are not in the keyset, by key id; they are left alone
 * @param head of the audit
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

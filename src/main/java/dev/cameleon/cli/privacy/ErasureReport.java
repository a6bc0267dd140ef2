package dev.cameleon.cli.privacy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.privacy.ErasureResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reports the result of {@code erase}.
 *
 * @param person whether a person was erased, rather than a value
 * @param suppressed whether later events are erased too
 * @param ticket the ticket of the request
 * @param done the result
 */
record ErasureReport(boolean person, boolean suppressed, String ticket, ErasureResult done) {
  /** Data that no erasure reaches, one sentence per line. */
  private static final String ALWAYS =
      """
      The source queue and the dead-letter queue may hold messages with the originals.
      Backups, lagging replicas and PostgreSQL's WAL hold the old rows.
      Dead rows and statistics hold them too, until the owner runs: VACUUM (ANALYZE) \
      %s, cameleon.vault, cameleon.audit_token, cameleon.erased_token, \
      cameleon.ingested_message
      Rows that were rewritten can be recognized as such; their columns that are not masked are \
      unchanged, and neighbouring rows (ctid) were written together.
      The data key of a kept vault entry tells the hour in which its value first arrived: if no \
      other row arrived then, an erased one did. The audit tells which acts concerned erased \
      values, but not the values or persons.
      Logs, and copies that others made. The message ledger holds only message ids and days; xmin \
      tells which rows were loaded together with an erased one.
      """;

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(title() + " Ticket: " + ticket);
    lines.add(line("rows rewritten or deleted", done.rows()));
    lines.add(line("vault entries deleted", done.entries()));
    lines.add(line("tokens kept, because other rows use them", done.kept()));
    lines.add(line("tokens still to erase", done.waiting()));
    lines.add("  audit: row " + done.audit().seq() + ", head " + done.audit().head());
    lines.add("What remains:");
    remains().forEach(line -> lines.add("  - " + line));
    toDo().ifPresent(todo -> lines.add("NOT FINISHED: " + todo));
    return lines;
  }

  private String title() {
    if (done.rows() > 0) {
      return person ? "Erased a person." : "Erased a value.";
    }
    String none = person ? "No row has this user id" : "No row has such a token";
    return none
        + (done.found()
            ? "; its vault entries are deleted."
            : "; later events are loaded with random values.");
  }

  private static String line(String what, long count) {
    return String.format("  %-40s %d", what, count);
  }

  String json() {
    ObjectNode report = JsonMapper.builder().build().createObjectNode();
    report
        .put("rows_rewritten", done.rows())
        .put("vault_entries_deleted", done.entries())
        .put("tokens_kept", done.kept())
        .put("tokens_not_settled", done.waiting())
        .put("suppressed", suppressed)
        .put("still_arriving", done.arriving())
        .put("rotation_under_way", done.rotating())
        .put("audit_seq", done.audit().seq())
        .put("audit_head", done.audit().head());
    remains().forEach(report.putArray("remains")::add);
    toDo().ifPresent(todo -> report.put("not_finished", todo));
    return report.toString();
  }

  /** Why originals can still be revealed, and the remedy; empty if they cannot. */
  private Optional<String> toDo() {
    if (done.isFinished()) {
      return Optional.empty();
    }
    if (done.rotating()) {
      return Optional.of(
          "originals can still be revealed, because a mask key rotation has not ended:"
              + " run keys retokenize, then this command again.");
    }
    if (!done.arriving() || suppressed) {
      return Optional.of(
          "originals can still be revealed, because running loaders may still use"
              + " them: run this command again in a few minutes.");
    }
    return Optional.of(
        person
            ? "events of the person still arrive and are loaded as before: run this"
                + " command again with --suppress."
            : "the value still arrives, and its new rows have the same token: run this"
                + " command again once it no longer arrives, or erase the person with"
                + " --suppress.");
  }

  /** Data that remains and that this command cannot erase, in sentences. */
  private List<String> remains() {
    List<String> remains = new ArrayList<>();
    remains.add(
        suppressed
            ? "A keyed hash of the user id, which recognizes later events (cameleon.suppressed)."
            : "New events are loaded as before.");
    if (done.waiting() > 0) {
      remains.add(
          "Tokens in the audit and in cameleon.erased_token, until the erasure"
              + " finishes: anyone with the mask keys can test values against them.");
    }
    if (!person) {
      remains.add(
          "Rows from before Cameleon that hold the value unmasked: erase the persons"
              + " of these rows.");
    }
    ALWAYS.formatted(String.join(", ", done.tables())).lines().forEach(remains::add);
    return remains;
  }
}

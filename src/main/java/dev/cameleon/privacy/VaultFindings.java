package dev.cameleon.privacy;

import dev.cameleon.mask.Token;
import dev.cameleon.privacy.Doctor.Verdict;

/** The doctor's checks of the vault: its recipients, and whether it matches the rows. */
final class VaultFindings {
  private final Doctor doctor;

  VaultFindings(Doctor doctor) {
    this.doctor = doctor;
  }

  void look(PersonalTables tables) {
    long entries = doctor.number("SELECT count(*) FROM cameleon.vault");
    doctor.add(
        "vault",
        entries == 0 ? Verdict.NOTE : Verdict.OK,
        entries == 0
            ? "empty: nothing can be revealed; set CAMELEON_RECIPIENTS"
            : entries + " entries");
    recipients(entries);
    doctor.none(
        "sealed keys",
        doctor.number(
            "SELECT count(DISTINCT data_key) FROM cameleon.vault v WHERE NOT EXISTS"
                + " (SELECT FROM cameleon.sealed_data_key e WHERE e.data_key = v.data_key)"),
        Verdict.WRONG,
        "data keys of entries without a sealed key",
        "no key can open these entries; restore cameleon.sealed_data_key from a backup");
    if (!tables.hasTokenColumns()) {
      return;
    }
    if (entries > 0) {
      doctor.none(
          "no entry",
          doctor.number(
              """
              SELECT count(*) FROM (SELECT DISTINCT v.value FROM %s
                WHERE v.value IS NOT NULL AND %s NOT IN ('', '?', '%s')) t
                WHERE NOT EXISTS (SELECT FROM cameleon.vault v WHERE v.token = t.value)
              """
                  .formatted(tables.tokens(), Doctor.keyOf("v.value"), Token.ERASED)),
          Verdict.NOTE,
          "tokens of rows without a vault entry",
          "loaded before the vault existed, or by a loader without recipients; they"
              + " cannot be revealed");
    }
    doctor.none(
        "no row",
        doctor.number("SELECT count(*) FROM " + tables.unused() + " t"),
        Verdict.NOTE,
        "vault entries that no row uses",
        "their rows were deleted, or an erase or retokenize has not ended; vault prune deletes them");
  }

  private void recipients(long entries) {
    doctor
        .texts(
            """
            SELECT left(e.recipient, 16) || ' can open ' || count(v.token) || ' of %d entries, since '
                   || min(e.opened_at)::date
              FROM cameleon.sealed_data_key e LEFT JOIN cameleon.vault v USING (data_key)
             GROUP BY e.recipient ORDER BY min(e.opened_at), e.recipient
            """
                .formatted(entries))
        .forEach(
            recipient ->
                doctor.add(
                    "recipient",
                    Verdict.OK,
                    recipient + "; removing the key from the folder does not change that"));
  }
}

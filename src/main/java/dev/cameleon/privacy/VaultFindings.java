package dev.cameleon.privacy;

import dev.cameleon.mask.Token;
import dev.cameleon.privacy.Doctor.Verdict;
import java.sql.SQLException;
import java.util.List;

/** The doctor's checks of the vault: who can read it, and whether it matches the rows. */
final class VaultFindings {
  private final Doctor doctor;

  VaultFindings(Doctor doctor) {
    this.doctor = doctor;
  }

  void look(List<String> columns) throws SQLException {
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
    if (columns.isEmpty()) {
      return;
    }
    if (entries > 0) {
      doctor.none(
          "no entry",
          doctor.number(
              "SELECT count(*) FROM (SELECT DISTINCT v.value FROM public.user_logins l"
                  + " CROSS JOIN LATERAL "
                  + Logins.values(columns, "l")
                  + " WHERE v.value IS NOT NULL AND "
                  + Doctor.keyOf("v.value")
                  + " NOT IN ('', '?', '"
                  + Token.ERASED
                  + "')) t WHERE NOT EXISTS (SELECT FROM cameleon.vault v WHERE v.token = t.value)"),
          Verdict.NOTE,
          "tokens of rows without a vault entry",
          "loaded before the vault existed, or by a loader without recipients; they"
              + " cannot be revealed");
    }
    doctor.none(
        "no row",
        doctor.number(
            "SELECT count(*) FROM (SELECT token FROM cameleon.vault EXCEPT ("
                + Logins.used("cameleon.vault", columns)
                + ")) t"),
        Verdict.NOTE,
        "vault entries that no row uses",
        "their rows were deleted, or an erase or retokenize has not ended; vault prune deletes them");
  }

  private void recipients(long entries) throws SQLException {
    List<List<String>> recipients =
        doctor.query(
            "SELECT e.recipient, count(v.token), min(e.opened_at)::date"
                + " FROM cameleon.sealed_data_key e LEFT JOIN cameleon.vault v USING (data_key)"
                + " GROUP BY e.recipient ORDER BY min(e.opened_at), e.recipient");
    for (List<String> recipient : recipients) {
      doctor.add(
          "recipient",
          Verdict.OK,
          recipient.get(0).substring(0, Math.min(16, recipient.get(0).length()))
              + " can open "
              + recipient.get(1)
              + " of "
              + entries
              + " entries, since "
              + recipient.get(2)
              + "; removing the key from the folder does not change that");
    }
  }
}

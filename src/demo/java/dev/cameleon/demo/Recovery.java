package dev.cameleon.demo;

import dev.cameleon.contract.PiiKind;
import dev.cameleon.mask.Masker;
import dev.cameleon.support.Program;

import java.util.Map;

/** Recovers one original address, with a private key and a reason. */
final class Recovery {
  private Recovery() {}

  /** Whether {@code reveal} prints the value of the token, and the audit records the request. */
  static boolean works(LocalSite site) throws Exception {
    String token =
        site.database()
            .query(
                "SELECT masked_ip FROM user_logins WHERE user_id = '"
                    + SampleEvents.TRAVELLER
                    + "' LIMIT 1")
            .get(0)
            .get(0);
    String key = site.privateKey().toString();
    Program.Result result =
        site.run("reveal", "--private-key", key, "--purpose", "demo", token).result();
    String[] answer = result.out().strip().split("\t", -1);
    Masker masker = new Masker(site.keyset(), Map.of());
    return result.exitCode() == 0
        && answer.length == 2
        && masker.token(PiiKind.IP, "ip", answer[1]).equals(token)
        && site.database()
                .number("SELECT count(*) FROM cameleon.acts WHERE token = '" + token + "'")
            == 2;
  }
}

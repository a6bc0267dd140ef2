package dev.cameleon.cli.privacy;

import dev.cameleon.cli.console.AuditReason;
import dev.cameleon.cli.console.ExitCode;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.UsageException;
import dev.cameleon.contract.PiiKind;
import dev.cameleon.db.Database;
import dev.cameleon.errors.InvalidSettingsException;
import dev.cameleon.mask.Keyset;
import dev.cameleon.mask.MaskGuard;
import dev.cameleon.mask.Masker;
import dev.cameleon.privacy.Audit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mask}: prints the token of a value, to find its rows. */
@Command(
    name = "mask",
    description = {
      "Print the token of one value from standard input, to find its rows. The audit"
          + " records the token, never the value.",
      "Needs the database's mask keyset (CAMELEON_KEYSET); CAMELEON_DB_USER must be a"
          + " member of cameleon_revealer or cameleon_officer."
    })
public final class MaskCommand extends PrivacyCommand {
  private static final int MOST_BYTES = 1 << 20; // no message of SQS is larger

  @Option(
      names = "--domain",
      required = true,
      paramLabel = "DOMAIN",
      description =
          "The kind of value: ip, device, email, phone, or the path of a field that is masked as text.")
  private String domain;

  @Option(names = "--purpose", paramLabel = "TEXT", description = "The reason, for the audit.")
  private String purpose;

  @Option(
      names = "--ticket",
      paramLabel = "ID",
      description = "The ticket of the request, for the audit.")
  private String ticket;

  /** Declared only to be rejected here, because picocli's own message would show the arguments. */
  @Parameters(hidden = true, arity = "0..*")
  private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() throws UsageException, FailedException, InvalidSettingsException {
    if (!arguments.isEmpty()) {
      throw new UsageException(
          "pass the value on standard input: arguments stay in the shell's history");
    }
    AuditReason.check(purpose, ticket);
    Keyset keyset = keyset();
    Database.Login login = login();
    String value = value();
    try (Connection connection = Database.connect(login)) {
      reject(new MaskGuard(keyset, Map.of()).keyProblem(connection));
      String token =
          new Masker(keyset, Map.of())
              .token(kind(MaskGuard.domains(connection), value), domain, value);
      Audit.Entry entry =
          Audit.record(connection, new Audit.Act("mask", token, purpose, ticket, null));
      out().println(token);
      err().println(AuditReason.keep(entry.head()));
      return ExitCode.DONE;
    } catch (SQLException e) {
      throw FailedException.of(login, e, "cameleon_revealer", "cameleon_officer");
    }
  }

  /**
   * Checks the domain: a token of a wrong domain, or of a text that is not an address, would match
   * no row, as if the value were not stored.
   */
  private PiiKind kind(Map<String, PiiKind> domains, String value) throws UsageException {
    PiiKind kind = domains.get(domain);
    if (kind == null) {
      throw new UsageException(
          "--domain must be one of this database's domains: " + new TreeSet<>(domains.keySet()));
    }
    if (kind == PiiKind.IP && !Masker.isAddress(value)) {
      throw new UsageException("standard input must hold one IPv4 or IPv6 address");
    }
    if (kind == PiiKind.PHONE && !value.strip().startsWith("+")) {
      err()
          .println(
              "note: without + this is the token of the digits only; if the contract has"
                  + " x-country, give the number with + and the country code");
    }
    return kind;
  }

  private String value() throws UsageException, FailedException {
    try {
      byte[] input = invocation().in().readNBytes(MOST_BYTES + 1);
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(input)).toString();
      String value = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
      value = value.endsWith("\r") ? value.substring(0, value.length() - 1) : value;
      if (value.isEmpty() || input.length > MOST_BYTES) {
        throw new UsageException("standard input must hold one value of 1 byte to 1 MiB");
      }
      return value;
    } catch (CharacterCodingException e) {
      throw new UsageException("standard input is not UTF-8");
    } catch (IOException e) {
      throw new FailedException("cannot read standard input");
    }
  }
}

package dev.cameleon.load;

import dev.cameleon.contract.Contract;
import java.nio.file.Path;

/** The statement of the shipped {@code load.sql}. */
public final class Shipped {
  private Shipped() {}

  /** Reads the shipped files. */
  public static LoadStatement statement() throws Exception {
    return new LoadStatement(
        LoadSql.read(Path.of("routes/load.sql")),
        Contract.read(Path.of("routes/login.schema.json")),
        "login");
  }
}

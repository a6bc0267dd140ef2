package dev.cameleon.cli.privacy;

import dev.cameleon.support.LoginRole;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A loaded site for a class of tests, and a separate login for each test. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RevealFixture {
  LoadedSite site;
  String token;
  LoginRole revealer;

  @BeforeAll
  void loadAsTheLoader(@TempDir Path folder) throws Exception {
    site = LoadedSite.in(folder);
    token = site.token("masked_ip");
  }

  @BeforeEach
  void logInAsARevealer() {
    revealer = LoginRole.in(site.database(), "cameleon_revealer");
  }
}

package dev.cameleon.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * A certificate authority in a folder, with a server's certificate for {@code localhost} and
 * clients' certificates, in the formats that PostgreSQL and its driver read. Created with the JDK's
 * {@code keytool}.
 */
public final class Certificates {
  private static final String PASSWORD = "only-for-tests";

  private static final String AUTHORITY = "CN=Test CA";

  /** A certificate for servers only. */
  private static final String[] AT_LOCALHOST = {
    "-signer", "ca", "-ext", "san=dns:localhost", "-ext", "eku=serverAuth"
  };

  private final Path folder;
  private final Path store;

  private Certificates(Path folder) {
    this.folder = folder;
    this.store = folder.resolve("all.p12");
  }

  /** Creates the authority and the server's certificate. */
  public static Certificates in(Path folder) throws IOException, GeneralSecurityException {
    Certificates certificates = new Certificates(Files.createDirectories(folder));
    certificates.keytool("ca", AUTHORITY, "-ext", "bc:critical=ca:true");
    certificates.keytool("server", "CN=server", AT_LOCALHOST);
    certificates.writePem("ca");
    certificates.writePem("server");
    return certificates;
  }

  /**
   * Creates a certificate of this name, signed by the authority and for {@code localhost}, that is
   * valid for two days from another moment on.
   *
   * @param start that moment, as keytool's {@code -startdate}, for example {@code -3d}
   */
  public Certificates starting(String name, String start)
      throws IOException, GeneralSecurityException {
    List<String> more = new ArrayList<>(List.of(AT_LOCALHOST));
    more.addAll(List.of("-startdate", start));
    keytool(name, "CN=" + name, more.toArray(String[]::new));
    return writeClient(name);
  }

  /** Creates a client's certificate for the role of this name, signed by the authority. */
  public Certificates client(String role) throws IOException, GeneralSecurityException {
    keytool(role, "CN=" + role, "-signer", "ca");
    return writeClient(role);
  }

  /** Creates a self-signed client's certificate. */
  public Certificates stranger(String name) throws IOException, GeneralSecurityException {
    keytool(name, "CN=" + name);
    return writeClient(name);
  }

  /** Creates a self-signed client certificate with the authority's name. */
  public Certificates impostor(String name) throws IOException, GeneralSecurityException {
    keytool(name, AUTHORITY);
    return writeClient(name);
  }

  /**
   * Writes a client's key again, encrypted with the password, as {@code NAME-ALGORITHM.pk8}.
   *
   * @param algorithm Java's name of the algorithm
   */
  public Certificates encrypted(String name, String algorithm)
      throws IOException, GeneralSecurityException {
    Cipher cipher = Cipher.getInstance(algorithm);
    cipher.init(
        Cipher.ENCRYPT_MODE,
        SecretKeyFactory.getInstance(algorithm)
            .generateSecret(new PBEKeySpec(PASSWORD.toCharArray())));
    byte[] sealed = cipher.doFinal(key(name).getEncoded());
    Files.write(
        secret(name + "-" + algorithm + ".pk8"),
        new EncryptedPrivateKeyInfo(cipher.getParameters(), sealed).getEncoded());
    return this;
  }

  private Certificates writeClient(String name) throws IOException, GeneralSecurityException {
    writePem(name);
    Files.write(secret(name + ".pk8"), key(name).getEncoded());
    KeyStore one = KeyStore.getInstance("PKCS12");
    one.load(null, null);
    // The only alias that PostgreSQL's driver uses.
    one.setKeyEntry("user", key(name), PASSWORD.toCharArray(), chain(name));
    try (var out = Files.newOutputStream(secret(name + ".p12"))) {
      one.store(out, PASSWORD.toCharArray());
    }
    return this;
  }

  /** The authority's certificate, in PEM. */
  public Path ca() {
    return certificate("ca");
  }

  /** A certificate, in PEM. */
  public Path certificate(String name) {
    return folder.resolve(name + ".crt");
  }

  /**
   * A private key, in PKCS #8.
   *
   * @param form {@code pk8} for DER, {@code key} for PEM, {@code p12} for key and certificate
   */
  public Path key(String name, String form) {
    return folder.resolve(name + "." + form);
  }

  /** The password of each PKCS #12 file. */
  public static String password() {
    return PASSWORD;
  }

  private void keytool(String alias, String subject, String... more) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    // keytool spends most of its time in starting a JVM.
    command.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"));
    command.addAll(List.of("-genkeypair", "-alias", alias, "-dname", subject));
    command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2"));
    command.addAll(List.of("-storetype", "PKCS12", "-keystore", store.toString()));
    command.addAll(List.of("-storepass", PASSWORD));
    command.addAll(List.of(more));
    Path output = folder.resolve("keytool.txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (process.onExit().join().exitValue() != 0) {
      throw new IllegalStateException("keytool: " + Files.readString(output));
    }
  }

  private void writePem(String name) throws IOException, GeneralSecurityException {
    StringBuilder chain = new StringBuilder();
    for (Certificate certificate : chain(name)) {
      chain.append(pem("CERTIFICATE", certificate.getEncoded()));
    }
    Files.writeString(certificate(name), chain);
    Files.writeString(secret(name + ".key"), pem("PRIVATE KEY", key(name).getEncoded()));
  }

  private Key key(String name) throws IOException, GeneralSecurityException {
    return all().getKey(name, PASSWORD.toCharArray());
  }

  private Certificate[] chain(String name) throws IOException, GeneralSecurityException {
    return all().getCertificateChain(name);
  }

  private KeyStore all() throws IOException, GeneralSecurityException {
    return KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
  }

  /** PostgreSQL refuses a key that others may read. */
  private Path secret(String name) throws IOException {
    return Files.createFile(
        folder.resolve(name),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  private static String pem(String type, byte[] der) {
    return "-----BEGIN "
        + type
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + type
        + "-----\n";
  }
}

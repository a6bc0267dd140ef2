package dev.cameleon.support;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Simulates an RDS instance with IAM authentication: asks for a clear-text password, accepts only a
 * token of Signature Version 4 for this host, port and user that was made with the secret access
 * key, and forwards to a PostgreSQL that trusts it. Without TLS.
 */
public final class IamServer implements AutoCloseable {
  private static final int ENCRYPTION_REQUEST = 80877103;
  private static final String EMPTY =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  private final ServerSocket listener;
  private final int target;
  private final String secretKey;
  private final List<String> tokens = new CopyOnWriteArrayList<>();

  private IamServer(int target, String secretKey) throws IOException {
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.target = target;
    this.secretKey = secretKey;
    daemon(this::accept);
  }

  /** Starts a server in front of the PostgreSQL on this local port. */
  public static IamServer before(int port, String secretKey) {
    try {
      return new IamServer(port, secretKey);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its port. */
  public int port() {
    return listener.getLocalPort();
  }

  /** The tokens that it accepted. */
  public List<String> tokens() {
    return tokens;
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        daemon(() -> serve(client));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket client) {
    try (client;
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target)) {
      DataInputStream in = new DataInputStream(client.getInputStream());
      DataOutputStream out = new DataOutputStream(client.getOutputStream());
      byte[] startup = message(in);
      while (startup.length == 4
          && new DataInputStream(new java.io.ByteArrayInputStream(startup)).readInt()
              == ENCRYPTION_REQUEST) {
        out.write('N');
        startup = message(in);
      }
      out.write(new byte[] {'R', 0, 0, 0, 8, 0, 0, 0, 3}); // AuthenticationCleartextPassword
      if (in.read() != 'p') {
        return;
      }
      byte[] password = message(in);
      String token = new String(password, 0, password.length - 1, StandardCharsets.UTF_8);
      if (!isValid(token, user(startup))) {
        byte[] refusal =
            "SFATAL\0VFATAL\0C28000\0MPAM authentication failed\0\0"
                .getBytes(StandardCharsets.UTF_8);
        out.write('E');
        out.writeInt(refusal.length + 4);
        out.write(refusal);
        return;
      }
      tokens.add(token);
      DataOutputStream onward = new DataOutputStream(server.getOutputStream());
      onward.writeInt(startup.length + 4);
      onward.write(startup);
      daemon(() -> copy(in, onward));
      copy(server.getInputStream(), out);
    } catch (IOException | GeneralSecurityException e) {
      // the client sees the connection end
    }
  }

  private static byte[] message(DataInputStream in) throws IOException {
    return in.readNBytes(in.readInt() - 4);
  }

  private static String user(byte[] startup) {
    List<String> parameters =
        List.of(new String(startup, 4, startup.length - 4, StandardCharsets.UTF_8).split("\0"));
    return parameters.get(parameters.indexOf("user") + 1);
  }

  private boolean isValid(String token, String user) throws GeneralSecurityException {
    String start = "localhost:" + port() + "/?";
    if (!token.startsWith(start)) {
      return false;
    }
    TreeMap<String, String> query = new TreeMap<>();
    for (String parameter : token.substring(start.length()).split("&", -1)) {
      query.put(parameter.split("=", 2)[0], parameter.split("=", 2)[1]);
    }
    String signature = query.remove("X-Amz-Signature");
    String[] scope = query.get("X-Amz-Credential").replace("%2F", "/").split("/", -1);
    if (!user.equals(query.get("DBUser"))
        || !"connect".equals(query.get("Action"))
        || !"900".equals(query.get("X-Amz-Expires"))
        || !"rds-db".equals(scope[3])) {
      return false;
    }
    StringBuilder canonical = new StringBuilder("GET\n/\n");
    query.forEach(
        (name, value) ->
            canonical
                .append(canonical.charAt(canonical.length() - 1) == '\n' ? "" : "&")
                .append(name)
                .append('=')
                .append(value));
    canonical.append("\nhost:localhost:").append(port()).append("\n\nhost\n").append(EMPTY);
    byte[] hash =
        MessageDigest.getInstance("SHA-256")
            .digest(canonical.toString().getBytes(StandardCharsets.UTF_8));
    String text =
        "AWS4-HMAC-SHA256\n"
            + query.get("X-Amz-Date")
            + "\n"
            + String.join("/", scope[1], scope[2], scope[3], scope[4])
            + "\n"
            + HexFormat.of().formatHex(hash);
    byte[] key = ("AWS4" + secretKey).getBytes(StandardCharsets.UTF_8);
    for (String part : List.of(scope[1], scope[2], scope[3], scope[4])) {
      key = hmac(key, part);
    }
    return HexFormat.of().formatHex(hmac(key, text)).equals(signature);
  }

  private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }

  private static void copy(InputStream in, OutputStream out) {
    try (out) {
      in.transferTo(out);
    } catch (IOException e) {
      // the other side is gone
    }
  }

  private static void daemon(Runnable work) {
    Thread thread = new Thread(work, "iam-server");
    thread.setDaemon(true);
    thread.start();
  }
}

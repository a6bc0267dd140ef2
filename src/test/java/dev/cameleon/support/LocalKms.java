package dev.cameleon.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;

/**
 * GetPublicKey and Decrypt of AWS KMS over HTTP, as its API reference describes them (AWS JSON
 * 1.1), for signed requests of the region eu-central-1. Holds RSA keys and decrypts with them.
 */
public final class LocalKms implements AutoCloseable {
  /** The SDK's system property for its endpoint. */
  public static final String ENDPOINT = "aws.endpointUrlKms";

  /** The ARN of a key that does not exist. */
  public static final String MISSING = arn("missing");

  /** The ARN of a signing key. */
  public static final String SIGNING = arn("signing");

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Map<String, RSAPrivateCrtKey> keys = new ConcurrentHashMap<>();
  private final AtomicInteger decrypts = new AtomicInteger();
  private volatile boolean denied;
  private final HttpServer server;

  private LocalKms(HttpServer server) {
    this.server = server;
  }

  /** Starts a server on a free port. */
  public static LocalKms start() {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      LocalKms kms = new LocalKms(server);
      server.createContext("/", kms::answer);
      server.start();
      return kms;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Adds a key that {@link Recipients} created.
   *
   * @return its ARN
   */
  public String with(Path privateKey) throws Exception {
    String base64 = Files.readString(privateKey).replaceAll("-----[A-Z ]+-----|\\s", "");
    RSAPrivateCrtKey key =
        (RSAPrivateCrtKey)
            KeyFactory.getInstance("RSA")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
    String arn = arn("key-" + keys.size());
    keys.put(arn, key);
    return arn;
  }

  /** Denies decryption from now on. */
  public void deny() {
    denied = true;
  }

  /** How many Decrypt requests arrived. */
  public int decrypts() {
    return decrypts.get();
  }

  /** The environment variables for this service, in addition to those for other services. */
  public Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("AWS_ENDPOINT_URL_KMS", endpoint());
    environment.put("AWS_ACCESS_KEY_ID", "x");
    environment.put("AWS_SECRET_ACCESS_KEY", "x");
    environment.put("AWS_EC2_METADATA_DISABLED", "true");
    return environment;
  }

  /** Its endpoint. */
  public String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private static String arn(String id) {
    return "arn:aws:kms:eu-central-1:123456789012:key/" + id;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String signature = exchange.getRequestHeaders().getFirst("Authorization");
    String action = exchange.getRequestHeaders().getFirst("X-Amz-Target");
    JsonNode request = JSON.readTree(exchange.getRequestBody());
    String id = request.path("KeyId").asText();
    if (signature == null
        || !signature.matches("AWS4-HMAC-SHA256 Credential=x/\\d+/eu-central-1/kms/.*")) {
      LocalSecrets.fail(
          exchange, "MissingAuthenticationTokenException", "Missing Authentication Token");
    } else if (id.equals(SIGNING)) {
      LocalSecrets.send(
          exchange,
          200,
          JSON.createObjectNode()
              .put("KeyId", id)
              .put("PublicKey", new byte[] {1})
              .put("KeyUsage", "SIGN_VERIFY"));
    } else if (!keys.containsKey(id)) {
      LocalSecrets.fail(exchange, "NotFoundException", "Key '" + id + "' does not exist");
    } else if ("TrentService.GetPublicKey".equals(action)) {
      publicKey(exchange, id);
    } else if ("TrentService.Decrypt".equals(action)) {
      decrypt(exchange, id, request);
    } else {
      LocalSecrets.fail(exchange, "UnknownOperationException", "");
    }
  }

  private void publicKey(HttpExchange exchange, String id) throws IOException {
    RSAPrivateCrtKey key = keys.get(id);
    try {
      byte[] der =
          KeyFactory.getInstance("RSA")
              .generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent()))
              .getEncoded();
      var answer =
          JSON.createObjectNode()
              .put("KeyId", id)
              .put("PublicKey", der)
              .put("KeySpec", "RSA_3072")
              .put("KeyUsage", "ENCRYPT_DECRYPT");
      answer.putArray("EncryptionAlgorithms").add("RSAES_OAEP_SHA_1").add("RSAES_OAEP_SHA_256");
      LocalSecrets.send(exchange, 200, answer);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private void decrypt(HttpExchange exchange, String id, JsonNode request) throws IOException {
    decrypts.incrementAndGet();
    if (denied) {
      LocalSecrets.fail(
          exchange, "AccessDeniedException", "User: x is not authorized to perform: kms:Decrypt");
      return;
    }
    String algorithm = request.path("EncryptionAlgorithm").asText();
    if (!algorithm.equals("RSAES_OAEP_SHA_256")) {
      LocalSecrets.fail(exchange, "InvalidKeyUsageException", algorithm);
      return;
    }
    try {
      Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPPadding");
      cipher.init(
          Cipher.DECRYPT_MODE,
          keys.get(id),
          new OAEPParameterSpec(
              "SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT));
      byte[] plain = cipher.doFinal(request.path("CiphertextBlob").binaryValue());
      LocalSecrets.send(
          exchange,
          200,
          JSON.createObjectNode()
              .put("KeyId", id)
              .put("EncryptionAlgorithm", algorithm)
              .put("Plaintext", plain));
    } catch (GeneralSecurityException e) {
      LocalSecrets.fail(exchange, "InvalidCiphertextException", "");
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

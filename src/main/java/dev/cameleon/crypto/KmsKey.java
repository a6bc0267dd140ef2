package dev.cameleon.crypto;

import dev.cameleon.aws.AwsClients;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.regex.Pattern;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.kms.model.EncryptionAlgorithmSpec;
import software.amazon.awssdk.services.kms.model.GetPublicKeyResponse;
import software.amazon.awssdk.services.kms.model.IncorrectKeyException;
import software.amazon.awssdk.services.kms.model.InvalidCiphertextException;
import software.amazon.awssdk.services.kms.model.KmsException;
import software.amazon.awssdk.services.kms.model.NotFoundException;

/**
 * A recipient's key in AWS KMS, which never leaves it. KMS decrypts the vault's data keys, with
 * RSAES_OAEP_SHA_256 (SHA-256 in the hash and in MGF1, no label); values are decrypted here.
 */
public final class KmsKey {
  private static final EncryptionAlgorithmSpec OAEP = EncryptionAlgorithmSpec.RSAES_OAEP_SHA_256;

  /** The forms of a key identifier (AWS KMS developer guide, key identifiers). */
  private static final Pattern ID =
      Pattern.compile(
          "(arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/|alias/)[A-Za-z0-9/_-]{1,256}"
              + "|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}");

  private final KmsClient kms;
  private final String id;

  private KmsKey(KmsClient kms, String id) {
    this.kms = kms;
    this.id = id;
  }

  /**
   * Asks KMS for a key's public half, which identifies the recipient.
   *
   * @param id its ARN, or another identifier that KMS accepts
   * @throws InvalidKeyFileException if there is no such key, or it does not decrypt with RSA, or
   *     the text is not a key identifier, in which case it is not repeated
   * @throws KeyUnavailableException if KMS does not answer or refuses
   */
  public static RecipientKey find(String id) throws InvalidKeyFileException {
    if (!ID.matcher(id).matches()) {
      throw new InvalidKeyFileException(
          "--kms-key must be a key's ARN (arn:aws:kms:REGION:ACCOUNT:key/ID), its id,"
              + " or alias/NAME");
    }
    try {
      return new KmsKey(AwsClients.kms(id), id).recipientKey();
    } catch (SdkClientException e) {
      throw unreachable(id, e);
    }
  }

  private RecipientKey recipientKey() throws InvalidKeyFileException {
    try {
      GetPublicKeyResponse answer = kms.getPublicKey(request -> request.keyId(id));
      if (!answer.encryptionAlgorithms().contains(OAEP)) {
        throw notRsa();
      }
      RSAPublicKey key =
          (RSAPublicKey)
              KeyFactory.getInstance("RSA")
                  .generatePublic(new X509EncodedKeySpec(answer.publicKey().asByteArray()));
      int length = (key.getModulus().bitLength() + 7) / 8;
      return new RecipientKey(key, sealedKey -> open(sealedKey, length));
    } catch (NotFoundException e) {
      throw new InvalidKeyFileException(
          "--kms-key: AWS KMS has no key " + id + " in this account and region");
    } catch (KmsException e) {
      throw refused("kms:GetPublicKey", e);
    } catch (GeneralSecurityException | ClassCastException e) {
      throw notRsa();
    }
  }

  private InvalidKeyFileException notRsa() {
    return new InvalidKeyFileException(
        "--kms-key: the key %s cannot decrypt with RSA; create a key with the key spec RSA_3072 or"
                .formatted(id)
            + " RSA_4096 and the key usage ENCRYPT_DECRYPT");
  }

  private byte[] open(byte[] sealedKey, int length) throws GeneralSecurityException {
    if (sealedKey.length != length) {
      throw new GeneralSecurityException("not sealed to this key"); // known without asking KMS
    }
    try {
      return kms.decrypt(
              request ->
                  request
                      .keyId(id)
                      .encryptionAlgorithm(OAEP)
                      .ciphertextBlob(SdkBytes.fromByteArray(sealedKey)))
          .plaintext()
          .asByteArray();
    } catch (InvalidCiphertextException | IncorrectKeyException e) {
      throw new GeneralSecurityException("not sealed to this key, or changed");
    } catch (KmsException e) {
      throw refused("kms:Decrypt", e);
    } catch (SdkClientException e) {
      throw unreachable(id, e);
    }
  }

  /** Leaves out the service's message, which may repeat parts of the request. */
  private KeyUnavailableException refused(String permission, KmsException e) {
    String remedy = "; allow this AWS user or role " + permission + ", also in the key's policy";
    return new KeyUnavailableException(
        "the key %s cannot be used: %s%s"
            .formatted(
                id,
                AwsClients.answer("AWS KMS", e),
                AwsClients.code(e).equals("AccessDeniedException") ? remedy : ""));
  }

  private static KeyUnavailableException unreachable(String id, SdkClientException e) {
    return new KeyUnavailableException(
        "the key %s cannot be used: %s"
            .formatted(id, AwsClients.unreachable("AWS KMS", "AWS_ENDPOINT_URL_KMS", e)));
  }
}

package dev.cameleon.config;

import dev.cameleon.aws.AwsClients;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.component.aws.secretsmanager.SecretsManagerPropertiesFunction;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

/**
 * A setting that is kept in AWS Secrets Manager: <code>{{aws:NAME}}</code> is the secret of that
 * name (or ARN), <code>{{aws:NAME#FIELD}}</code> one text field of a secret that is a JSON object,
 * and <code>@VERSION</code> after either is the id of a version, as in Camel's property function.
 * The secret's text is used literally, without surrounding white space; braces in it have no
 * meaning.
 */
final class SecretReference {
  private static final Pattern BEGINNING = Pattern.compile("\\{\\{\\s*aws:");

  /**
   * No colon after the name, because Camel would read a default value there, which would not be
   * secret.
   */
  private static final Pattern FORM =
      Pattern.compile(
          "\\{\\{aws:(?<secret>arn:[^#@{}\\s]+|[^#:@{}\\s]+)(#(?<field>[^#:@{}]+))?"
              + "(?<version>@[A-Za-z0-9-]+)?}}");

  /**
   * Thrown when a secret cannot be read; the message names the secret and the reason, but not the
   * value.
   */
  static final class UnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    UnavailableException(String message) {
      super(message);
    }
  }

  private SecretReference() {}

  /**
   * Resolves a setting.
   *
   * @param text the setting's text, or a reference
   * @return the text itself if it is not a reference, else the secret
   * @throws UnavailableException if the secret cannot be read
   */
  static String resolve(String text) throws UnavailableException {
    if (!BEGINNING.matcher(text).lookingAt()) {
      return text;
    }
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new UnavailableException(
          "write a secret as {{aws:NAME}} or {{aws:NAME#FIELD}}, without other text or"
              + " a default value");
    }
    String secret = form.group("secret");
    String field = Objects.requireNonNullElse(form.group("field"), "");
    String version = Objects.requireNonNullElse(form.group("version"), "");
    String value;
    try (SecretsManagerClient client = AwsClients.secrets()) {
      // Always with a #, because Camel would otherwise end an ARN at its first colon.
      value = new SecretsManagerPropertiesFunction(client).apply(secret + '#' + field + version);
    } catch (RuntimeException e) {
      throw new UnavailableException(why(e, secret, field));
    }
    if (value == null) {
      throw new UnavailableException(
          "the secret " + secret + " has no string in its field " + field);
    }
    return value.strip();
  }

  /**
   * Explains a failure without the library's message, because a parser's message quotes its input.
   */
  private static String why(RuntimeException failure, String secret, String field) {
    String name = "the secret " + secret;
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    if (cause instanceof AwsServiceException service) {
      return switch (AwsClients.code(service)) {
        case "ResourceNotFoundException" ->
            "AWS Secrets Manager has no secret %s in this account and AWS_REGION%s"
                .formatted(secret, secret.contains("/") ? "; separate a field with #, not /" : "");
        case "AccessDeniedException" ->
            name
                + " cannot be read by this AWS user or role; allow"
                + " secretsmanager:GetSecretValue, and kms:Decrypt if your own KMS key"
                + " encrypts the secret";
        default -> name + " cannot be read: " + AwsClients.answer("AWS Secrets Manager", service);
      };
    }
    if (failure instanceof SdkClientException || cause instanceof SdkClientException) {
      return name
          + " cannot be read: "
          + AwsClients.unreachable(
              "AWS Secrets Manager", "AWS_ENDPOINT_URL_SECRETS_MANAGER", cause);
    }
    return field.isEmpty()
        ? name + " is empty or not text"
        : name + " is not a JSON object, so it has no field " + field;
  }
}

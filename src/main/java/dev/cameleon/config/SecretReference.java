package dev.cameleon.config;

import dev.cameleon.aws.AwsClients;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.component.aws.secretsmanager.SecretsManagerPropertiesFunction;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

/**
 * A setting that is kept in AWS Secrets Manager: <code>{{aws:NAME}}</code> is the secret of that
 * name (or ARN), <code>{{aws:NAME#FIELD}}</code> one text field of a secret that is a JSON object,
 * and <code>@VERSION</code> after either is the id of a version, as in Camel's property function.
 * The secret's text is used as it is, without surrounding white space: braces in it have no
 * meaning.
 *
 * @param secret the secret's name
 * @param field the field, or an empty string for the whole secret
 * @param version the version's id, or an empty string for the current one
 */
public record SecretReference(String secret, String field, String version) {
  private static final Pattern BEGINNING = Pattern.compile("\\{\\{\\s*aws:");

  /** No colon after the name: Camel would read a default value there, which would not be secret. */
  private static final Pattern FORM =
      Pattern.compile(
          "\\{\\{aws:(?<secret>arn:[^#@{}\\s]+|[^#:@{}\\s]+)(#(?<field>[^#:@{}]+))?"
              + "(@(?<version>[A-Za-z0-9-]+))?}}");

  /** Thrown when a secret cannot be read; the message says which and why, without the value. */
  public static final class UnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    UnavailableException(String message) {
      super(message);
    }
  }

  /**
   * Resolves a setting.
   *
   * @param text the setting's text, or a reference
   * @return the text itself if it is not a reference, else the secret
   * @throws UnavailableException if the secret cannot be read
   */
  public static String resolve(String text) throws UnavailableException {
    if (!BEGINNING.matcher(text).lookingAt()) {
      return text;
    }
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new UnavailableException(
          "write a secret as {{aws:NAME}} or {{aws:NAME#FIELD}}, without other text or"
              + " a default value");
    }
    return new SecretReference(form.group("secret"), group(form, "field"), group(form, "version"))
        .value();
  }

  private static String group(Matcher form, String name) {
    return Optional.ofNullable(form.group(name)).orElse("");
  }

  private String value() throws UnavailableException {
    String value;
    try (SecretsManagerClient client = AwsClients.secrets()) {
      value = new SecretsManagerPropertiesFunction(client).apply(remainder());
    } catch (RuntimeException e) {
      throw new UnavailableException(why(e));
    }
    if (value == null) {
      throw new UnavailableException(name() + " has no string in its field " + field);
    }
    return value.strip();
  }

  /** With a # in any case: without one, Camel would end an ARN at its first colon. */
  private String remainder() {
    return secret + '#' + field + (version.isEmpty() ? "" : '@' + version);
  }

  private String name() {
    return "the secret " + secret;
  }

  /** Never with a library's message: a parser's quotes what it read. */
  private String why(RuntimeException failure) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    if (cause instanceof AwsServiceException service) {
      return refusal(service);
    }
    if (failure instanceof SdkClientException || cause instanceof SdkClientException) {
      return unreachable(cause);
    }
    return name()
        + (field.isEmpty()
            ? " is empty or not text"
            : " is not a JSON object, so it has no field " + field);
  }

  private String refusal(AwsServiceException service) {
    String code =
        Optional.ofNullable(service.awsErrorDetails()).map(AwsErrorDetails::errorCode).orElse("");
    return switch (code) {
      case "ResourceNotFoundException" ->
          "AWS Secrets Manager has no secret "
              + secret
              + " in this account and AWS_REGION"
              + (secret.contains("/") ? "; separate a field with #, not /" : "");
      case "AccessDeniedException" ->
          name()
              + " cannot be read by this AWS user or role; allow"
              + " secretsmanager:GetSecretValue, and kms:Decrypt if your own KMS key"
              + " encrypts the secret";
      default ->
          name()
              + " cannot be read: AWS Secrets Manager answered HTTP "
              + service.statusCode()
              + (code.isEmpty() ? "" : ", " + code);
    };
  }

  private String unreachable(Throwable failure) {
    return name()
        + " cannot be read: "
        + AwsClients.unreachable(
            "AWS Secrets Manager", "AWS_ENDPOINT_URL_SECRETS_MANAGER", failure);
  }
}

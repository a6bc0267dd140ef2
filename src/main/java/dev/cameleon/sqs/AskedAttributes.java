package dev.cameleon.sqs;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/**
 * The message attributes that the route asks for. Cameleon receives all attributes, because a dead
 * letter keeps them, but passes only these on to the route, where Camel makes a header of each.
 *
 * @param names in the form of a request to SQS: a name, a prefix that ends in {@code .*}, or {@link
 *     #ALL}
 */
record AskedAttributes(List<String> names) {
  /** All message attributes, in a request. */
  static final String ALL = "All";

  /** The message with only these attributes. */
  Message of(Message message) {
    if (message.messageAttributes().isEmpty()) {
      return message;
    }
    Map<String, MessageAttributeValue> shown = new HashMap<>(SenderAttributes.of(message).values());
    for (String own : SourceMessage.ATTRIBUTES) {
      if (message.messageAttributes().containsKey(own)) {
        shown.put(own, message.messageAttributes().get(own));
      }
    }
    shown.keySet().removeIf(name -> names.stream().noneMatch(asked -> matches(asked, name)));
    return message.toBuilder().messageAttributes(shown).build();
  }

  private static boolean matches(String asked, String name) {
    return asked.equals(name)
        || asked.equals(ALL)
        || (asked.endsWith(".*") && name.startsWith(asked.substring(0, asked.length() - 2)));
  }
}

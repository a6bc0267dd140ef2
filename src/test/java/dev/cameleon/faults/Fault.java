package dev.cameleon.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cameleon.faults.SqsProxy.Answer;
import dev.cameleon.faults.SqsProxy.Call;
import dev.cameleon.faults.SqsProxy.Reach;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** A fault of one call to SQS. */
interface Fault {
  /** Reads answers and edits them. */
  JsonMapper JSON = JsonMapper.builder().build();

  /** The answer that the client gets. */
  Answer answer(Call call) throws IOException, InterruptedException;

  /** The service fails before it does anything. */
  static Fault status(int status) {
    return error(status, "com.amazonaws.sqs#InternalError");
  }

  /** Too many calls. */
  static Fault throttling() {
    return error(400, "com.amazon.coral.availability#ThrottlingException");
  }

  /** A failure that the SDK does not retry by itself. */
  static Fault denied() {
    return error(403, "com.amazonaws.sqs#AccessDeniedException");
  }

  private static Fault error(int status, String type) {
    return call ->
        Answer.whole(status, "{\"__type\": \"" + type + "\", \"message\": \"injected\"}");
  }

  /** The connection breaks before the service does anything. */
  static Fault noAnswer() {
    return call -> Answer.whole(0, "").reaching(Reach.NOTHING);
  }

  /** The service does its work, but the connection breaks in the middle of the answer. */
  static Fault cutInTheMiddle() {
    return call -> call.forward().reaching(Reach.HALF);
  }

  /** The service does its work, but the answer never comes. */
  static Fault answerLost() {
    return call -> call.forward().reaching(Reach.NOTHING);
  }

  /** The service does its work and answers later. */
  static Fault slow(long millis) {
    return call -> {
      Answer answer = call.forward();
      call.delay(millis);
      return answer;
    };
  }

  /** Each message of an answer is in it twice. */
  static Fault twiceInOneBatch(boolean sameReceipt) {
    return messages(
        messages -> {
          for (JsonNode message : List.copyOf(list(messages))) {
            ObjectNode second = message.deepCopy();
            if (!sameReceipt) {
              second.put("ReceiptHandle", message.get("ReceiptHandle").asText() + "-2");
            }
            messages.add(second);
          }
        });
  }

  /** The messages of an answer are in another order. */
  static Fault shuffled(Random random) {
    return messages(
        messages -> {
          List<JsonNode> shuffled = list(messages);
          Collections.shuffle(shuffled, random);
          messages.removeAll().addAll(shuffled);
        });
  }

  /** Keeps answers with messages, to give them to another process as well. */
  static Fault copied(Queue<Answer> copies) {
    return call -> {
      Answer answer = call.forward();
      if (answer.body().contains("ReceiptHandle")) {
        copies.add(answer);
      }
      return answer;
    };
  }

  /** Replays answers that another process received. */
  static Fault replayed(Queue<Answer> copies) {
    return call -> {
      Answer copy = copies.poll();
      return copy == null ? call.forward() : copy;
    };
  }

  /** The service does its work for the whole batch, but refuses the first entry's receipt. */
  static Fault firstReceiptIsRefused() {
    return edited(
        answer -> {
          if (!answer.path("Successful").isEmpty()) {
            JsonNode first = ((ArrayNode) answer.get("Successful")).remove(0);
            addFailed(answer, first, true);
          }
        });
  }

  /** The service does its work for all entries but the first, which fails. */
  static Fault firstEntryFails() {
    return call -> {
      ObjectNode request = (ObjectNode) JSON.readTree(call.body());
      ArrayNode entries = request.withArray("/Entries");
      ObjectNode answer = JSON.createObjectNode();
      addFailed(answer, entries.remove(0), false);
      if (!entries.isEmpty()) {
        JsonNode done = JSON.readTree(call.forward(request.toString()).body());
        answer.set("Successful", done.path("Successful"));
      }
      return Answer.whole(200, answer.toString());
    };
  }

  /** The service does nothing, and its answer mentions neither success nor failure. */
  static Fault silence() {
    return silence(0);
  }

  /** As {@link #silence()}, after some milliseconds. */
  static Fault silence(long millis) {
    return call -> {
      call.delay(millis);
      return Answer.whole(200, "{}");
    };
  }

  /** The service refuses the entries that contain this text as the sender's fault. */
  static Fault refusing(String text) {
    return call -> {
      ObjectNode request = (ObjectNode) JSON.readTree(call.body());
      List<JsonNode> entries = list(request.withArray("/Entries"));
      ArrayNode accepted = request.putArray("Entries");
      ObjectNode answer = JSON.createObjectNode();
      for (JsonNode entry : entries) {
        if (entry.toString().contains(text)) {
          addFailed(answer, entry, true);
        } else {
          accepted.add(entry);
        }
      }
      if (!accepted.isEmpty()) {
        JsonNode done = JSON.readTree(call.forward(request.toString()).body());
        answer.set("Successful", done.path("Successful"));
      }
      return Answer.whole(200, answer.toString());
    };
  }

  private static void addFailed(ObjectNode answer, JsonNode entry, boolean senderFault) {
    answer
        .withArray("/Failed")
        .addObject()
        .put("Id", entry.get("Id").asText())
        .put("Code", senderFault ? "InvalidParameterValue" : "InternalError")
        .put("SenderFault", senderFault);
  }

  /** Applies only to the first calls. */
  default Fault first(int count) {
    AtomicInteger calls = new AtomicInteger();
    return call -> calls.incrementAndGet() <= count ? answer(call) : call.forward();
  }

  /** Spares the first calls. */
  default Fault after(int count) {
    AtomicInteger calls = new AtomicInteger();
    return call -> calls.incrementAndGet() <= count ? call.forward() : answer(call);
  }

  /** Applies only to the n-th call. */
  default Fault only(int n) {
    AtomicInteger calls = new AtomicInteger();
    return call -> calls.incrementAndGet() == n ? answer(call) : call.forward();
  }

  /** Applies to every n-th call, starting with the first. */
  default Fault every(int n) {
    AtomicInteger calls = new AtomicInteger();
    return call -> calls.getAndIncrement() % n == 0 ? answer(call) : call.forward();
  }

  /** Applies to all calls but every n-th: more than the SDK's own retries can overcome. */
  default Fault exceptEvery(int n) {
    AtomicInteger calls = new AtomicInteger();
    return call -> calls.incrementAndGet() % n == 0 ? call.forward() : answer(call);
  }

  private static Fault messages(Consumer<ArrayNode> edit) {
    return edited(
        answer -> {
          if (answer.get("Messages") instanceof ArrayNode messages) {
            edit.accept(messages);
          }
        });
  }

  private static Fault edited(Consumer<ObjectNode> edit) {
    return call -> {
      Answer answer = call.forward();
      if (answer.status() != 200) {
        return answer;
      }
      ObjectNode json = (ObjectNode) JSON.readTree(answer.body());
      edit.accept(json);
      return Answer.whole(200, json.toString());
    };
  }

  private static List<JsonNode> list(ArrayNode array) {
    List<JsonNode> list = new ArrayList<>();
    array.forEach(list::add);
    return list;
  }
}

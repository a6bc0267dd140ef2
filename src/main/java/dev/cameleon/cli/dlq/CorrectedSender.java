package dev.cameleon.cli.dlq;

import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.dlq.CorrectedFile.Corrected;
import dev.cameleon.dlq.SourceQueue;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.sqs.SqsBatchCalls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Sends the messages of a file that {@link CorrectedFile} has checked. */
final class CorrectedSender {
  private final SourceQueue source;
  private final DlqSession dlq;
  private final Path path;
  private final long lines;
  private final List<Corrected> some = new ArrayList<>();
  private final Map<String, String> deadLetters = new ConcurrentHashMap<>();
  private long taken;
  private long sent;

  /**
   * Sends the corrected messages of a file; fails if the file was changed after the check.
   *
   * @param path the file
   * @param lines how many messages it had when it was checked
   */
  CorrectedSender(SourceQueue source, DlqSession dlq, Path path, long lines) {
    this.source = source;
    this.dlq = dlq;
    this.path = path;
    this.lines = lines;
  }

  /** Adds a message to the current call, and makes the call when it is full. */
  void take(Corrected corrected) throws FailedException, InterruptedException {
    taken++;
    if (taken > lines) {
      throw changed();
    }
    some.add(corrected);
    if (some.size() == SqsBatchCalls.ENTRIES_PER_CALL) {
      send();
    }
  }

  /** Sends the remaining messages. */
  void finish() throws FailedException, InterruptedException {
    if (taken < lines) {
      throw changed();
    }
    send();
    dlq.progress().end();
  }

  /** The exception for a file that changed after the check. */
  FailedException changed() {
    return stopped(SafeQuote.path(path) + " changed while the import was reading it");
  }

  /** The exception for an import that stops early; says what was done, and what to do next. */
  FailedException stopped(String why) {
    return new FailedException(
        "%s; %d of %d messages were sent, and no dead letter was deleted; import the file again: a"
                .formatted(why, sent, lines)
            + " message sent twice is loaded once");
  }

  static String unreadable(Path path, IOException failure) {
    return "%s cannot be read (%s)"
        .formatted(SafeQuote.path(path), failure.getClass().getSimpleName());
  }

  private void send() throws FailedException, InterruptedException {
    if (some.isEmpty()) {
      return;
    }
    if (dlq.isStopRequested()) {
      throw stopped("stopped");
    }
    SqsBatchCalls.Result<Corrected> answer = source.send(some, Corrected::message);
    sent += answer.done().size();
    Optional<Corrected> refused = answer.refused().keySet().stream().findFirst();
    if (refused.isPresent()) {
      Corrected one = refused.get();
      throw stopped("SQS refused line %d (%s)".formatted(one.line(), answer.refused().get(one)));
    }
    for (Corrected one : answer.done()) {
      if (!one.deadLetterId().isEmpty()) {
        deadLetters.put(one.deadLetterId(), one.sourceMessageId());
      }
    }
    if (!answer.failed().isEmpty()) {
      throw stopped(
          "the queue %s does not accept messages: %s"
              .formatted(source.queue().name(), answer.failure()));
    }
    some.clear();
    dlq.progress().at("sending", sent, lines, "messages");
  }

  /** How many messages were sent. */
  long sent() {
    return sent;
  }

  /**
   * The dead letters of the sent messages: the id of each dead letter, with the id of its message.
   * The caller may change the map.
   */
  Map<String, String> deadLetters() {
    return deadLetters;
  }
}

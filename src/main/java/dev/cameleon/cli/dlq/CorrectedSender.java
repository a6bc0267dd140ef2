package dev.cameleon.cli.dlq;

import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.dlq.CorrectedFile.Corrected;
import dev.cameleon.dlq.SourceQueue;
import dev.cameleon.errors.SafeQuote;
import dev.cameleon.sqs.SqsBatchCalls;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Sends the lines of a file that was checked before. */
final class CorrectedSender implements CorrectedFile.Taker {
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

  @Override
  public void take(Corrected corrected) throws FailedException, InterruptedException {
    taken++;
    if (taken > lines) {
      throw changed();
    }
    some.add(corrected);
    if (some.size() == SqsBatchCalls.ENTRIES_PER_CALL) {
      send();
    }
  }

  @Override
  public void refuse(int line, String problem) throws FailedException {
    throw changed();
  }

  /** Sends the remaining messages. */
  void finish() throws FailedException, InterruptedException {
    if (taken < lines) {
      throw changed();
    }
    send();
    dlq.progress().end();
  }

  private FailedException changed() {
    return new FailedException(
        SafeQuote.path(path) + " changed while the import was reading it; " + soFar());
  }

  private void send() throws FailedException, InterruptedException {
    if (some.isEmpty()) {
      return;
    }
    if (dlq.isStopRequested()) {
      throw new FailedException("stopped; " + soFar());
    }
    SqsBatchCalls.Result<Corrected> answer = source.send(some, Corrected::message);
    sent += answer.done().size();
    Optional<Corrected> refused = answer.refused().keySet().stream().findFirst();
    if (refused.isPresent()) {
      Corrected one = refused.get();
      throw new FailedException(
          "SQS refused line " + one.line() + " (" + answer.refused().get(one) + "); " + soFar());
    }
    for (Corrected one : answer.done()) {
      if (!one.deadLetterId().isEmpty()) {
        deadLetters.put(one.deadLetterId(), one.sourceMessageId());
      }
    }
    if (!answer.failed().isEmpty()) {
      throw new FailedException(
          "the queue "
              + source.queue().name()
              + " does not accept messages: "
              + answer.failure()
              + "; "
              + soFar());
    }
    some.clear();
    dlq.progress().at("sending", sent, lines, "messages");
  }

  /** How many messages were sent. */
  long sent() {
    return sent;
  }

  /**
   * The dead letters of the sent messages: the ids of the dead letters, with the ids of their
   * messages. The caller may change the map.
   */
  Map<String, String> deadLetters() {
    return deadLetters;
  }

  /** What was done and what to do next, for an operator whose command stops here. */
  String soFar() {
    return sent
        + " of "
        + lines
        + " messages were sent, and no dead letter was deleted; import the file again: a"
        + " message sent twice is loaded once";
  }
}

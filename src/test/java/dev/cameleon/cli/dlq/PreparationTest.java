package dev.cameleon.cli.dlq;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.cameleon.sqs.Outcome;
import dev.cameleon.support.Commands;
import dev.cameleon.support.Events;
import dev.cameleon.support.Program;
import dev.cameleon.support.Run;
import dev.cameleon.support.TestQueues;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.sqs.model.Message;

/** An operator's own step in the route prepare applies to ingest and to each command. */
class PreparationTest extends DlqFixture {
  private static final String FILE = "prepare.camel.yaml";
  private static final String UNMARSHAL = "        - unmarshal:";
  private static final String GOOD = "v1 " + Events.body(1);

  /** A body that breaks the contract at ip. */
  private static final String BAD = "v1 " + Events.login(2).put("ip", PLANTED);

  private Program.Result command(String... arguments) throws Exception {
    Program.Result result = Commands.run(site().environment(), folder(), arguments);
    assertThat(result.out() + result.err()).doesNotContain(PLANTED);
    return result;
  }

  private void step(String step) {
    site().edit(FILE, UNMARSHAL, "        - " + step + "\n" + UNMARSHAL);
  }

  private Program.Result importing(String... bodies) throws Exception {
    StringBuilder lines = new StringBuilder();
    for (String body : bodies) {
      lines
          .append(
              JsonNodeFactory.instance
                  .objectNode()
                  .put("source_message_id", UUID.randomUUID().toString())
                  .put("sent_at", Instant.now().toString())
                  .put("redacted", false)
                  .put("body", body))
          .append('\n');
    }
    Files.writeString(folder().resolve("corrected.jsonl"), lines);
    return dlq("import", "corrected.jsonl");
  }

  private void cases(String expected) throws Exception {
    Files.writeString(
        folder().resolve("routes/tests/login.yaml"),
        "- {name: good, body: '%s', %s}\n- {name: bad, body: '%s', dead_letter: {reason: CONTRACT, field: ip}}\n"
            .formatted(GOOD, expected, BAD));
  }

  @Test
  void aStepThatChangesTheBodyCountsEverywhere() throws Exception {
    site().migrate();
    step("setBody: {simple: \"${body.substring(3)}\"}");
    site().queues().send(List.of(GOOD, BAD, Events.body(3)));

    try (Run run = Run.on(site())) {
      run.await(Outcome.LOADED, 1).await(Outcome.DEAD_LETTERED, 2);
      assertThat(run.account().toString())
          .contains("received 3 = loaded 1 + duplicate 0 + ignored 0 + dead-lettered 2 + returned");
    }
    List<Message> deadLetters = site().queues().takeDeadLetters();
    assertThat(deadLetters)
        .extracting(letter -> TestQueues.attribute(letter, "reason"))
        .containsExactlyInAnyOrder("CONTRACT", "NOT_JSON");

    cases("rows: {public.user_logins: [{user_id: user-1}]}");
    Program.Result tested = command("test");
    assertThat(tested.exitCode()).as(tested.out() + tested.err()).isZero();

    box().send(GOOD, attributes());
    box().send(BAD, attributes());
    Program.Result tried = dlq("replay", "--dry-run", "--reason=CONTRACT");
    assertThat(tried.out()).contains("would pass now: 1 of 2", "would fail again: 1");

    Program.Result refused = importing(GOOD, BAD);
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err())
        .contains("line 2 would become a dead letter again: CONTRACT at ip")
        .doesNotContain("line 1");
    assertThat(importing(GOOD).exitCode()).isZero();

    Program.Result checked = command("check", "--sample", "5");
    assertThat(checked.exitCode()).as(checked.out()).isZero();
    assertThat(checked.out()).contains("passes contract and mask");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "throwException: {exceptionType: java.lang.IllegalStateException, message:"
            + " planted} | a step of the route prepare failed (IllegalStateException)",
        "setBody: {simple: '${body.substring(9999)}'} | a step of the route prepare failed (",
        "doTry: {steps: [throwException: {exceptionType: java.lang.IllegalStateException, message: planted}], doCatch: [{exception: [java.lang.Exception], steps: [setBody: {constant: x}]}]} | would become a dead letter",
      })
  void aStepThatFailsIsReportedByEachCommandWithoutValues(String step, String problem)
      throws Exception {
    step(step);
    box().send(GOOD, attributes());
    site().queues().send(List.of(GOOD));

    Program.Result tried = dlq("replay", "--dry-run", "--reason=CONTRACT");
    Program.Result refused = importing(GOOD);
    Program.Result checked = command("check", "--sample", "1");

    String all = tried.out() + refused.err() + checked.out();
    assertThat(all).contains(problem).doesNotContain("planted");
    assertThat(tried.out()).contains("would pass now: 0 of 1");
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(tried.err() + refused.err()).doesNotContain("\tat ", "Failed delivery");
  }

  @Test
  void aRouteThatDoesNotMaskIsNoticedByEachCommandAndLoadsNothing() throws Exception {
    site().migrate();
    site().append(FILE, "        - setBody: {constant: x}\n");
    cases("rows: {public.user_logins: [{user_id: user-1}]}");

    Program.Result tested = command("test");
    Program.Result refused = importing(Events.body(1));
    site().queues().send(Events.bodies(2));
    try (Run run = Run.on(site())) {
      run.await(Outcome.RETURNED, 2);
    }

    String problem = "the route prepare does not end with a masked message";
    assertThat(tested.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("would return to the queue: " + problem);
    assertThat(site().queues().left()).isEqualTo(2);
    assertThat(site().queues().deadLetters()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "to: direct:load | prepare.camel.yaml:13: to: prepare may only compute",
        "toD: direct:load | :13: toD: prepare may only compute",
        "wireTap: {uri: direct:load} | :13: wireTap: prepare may only compute",
        "enrich: {constant: 'direct:load'} | :13: enrich: prepare may only compute",
        "multicast: {steps: [to: direct:load]} | :13: multicast: prepare may only compute",
        "split: {tokenize: {token: x}, steps: []} | :13: split: prepare may only compute",
        "aggregate: {constant: x, aggregationStrategy: \"#rejections\"} | :13: aggregate: prepare may only compute",
        "log: {message: \"${body}\"} | :13: log: prepare may only compute",
        "stop: {} | :13: stop: prepare may only compute",
        "choice: {when: [{simple: '${body} == 1', steps: [to: direct:load]}]} | :13: to: prepare may only compute",
        "bean: {ref: acknowledger, method: ignored} | :13: prepare cannot use the bean acknowledger; its own go into prepare.camel.yaml",
      })
  void aStepThatDoesMoreThanComputeIsRefusedWithItsPlace(String step, String problem)
      throws Exception {
    step(step);

    Program.Result checked = command("check");

    assertThat(checked.exitCode()).isEqualTo(2);
    assertThat(checked.out()).contains("WRONG   routes", problem);
  }

  @Test
  void runAndOtherCommandsRefuseItToo() throws Exception {
    step("to: direct:load");
    String problem = "prepare.camel.yaml:13: to: prepare may only compute";

    for (Program.Result refused :
        List.of(
            command("run"),
            command("test"),
            dlq("replay", "--dry-run", "--reason=CONTRACT"),
            importing(Events.body(1)))) {
      assertThat(refused.exitCode()).isEqualTo(2);
      assertThat(refused.err()).contains(problem);
    }
  }

  @Test
  void aFileWithoutTheOneRouteIsRefusedAndAMissingFileIsNamed() throws Exception {
    site()
        .append(
            FILE,
            """
            - onException: {exception: [java.lang.Exception]}
            - route: {id: other, from: {uri: direct:other, steps: []}}
            """);
    Program.Result more = command("check");
    Files.delete(folder().resolve("routes").resolve(FILE));
    Program.Result tried = dlq("replay", "--dry-run", "--reason=CONTRACT");
    Program.Result checked = command("check");

    assertThat(more.out())
        .contains(
            "prepare.camel.yaml:22: onException: prepare.camel.yaml holds only beans and one route",
            "prepare.camel.yaml:23: a second route");
    assertThat(tried.err()).contains("missing: ", FILE, "to write the shipped one: init DIR");
    assertThat(checked.exitCode()).isEqualTo(2);
    assertThat(checked.out()).contains("no route begins with direct:prepare");
  }

  @Test
  void ingestThatDoesNotUseItIsRefused() throws Exception {
    site()
        .edit(
            "ingest.camel.yaml",
            "- to: direct:prepare",
            "- unmarshal: {custom: {ref: strictJson}}");

    Program.Result checked = command("check");

    assertThat(checked.exitCode()).isEqualTo(2);
    assertThat(checked.out())
        .contains("routes/ingest.camel.yaml:11: no route sends to direct:prepare; this one must");
  }

  @Test
  void beansAndPropertiesOfTheOperatorsOwnAreThereInCommandsToo() throws Exception {
    Files.writeString(
        folder().resolve("routes").resolve(FILE),
        "- beans: [{name: mine, type: java.lang.StringBuilder}]\n"
            + Files.readString(folder().resolve("routes").resolve(FILE)));
    step("setHeader: {name: n, method: {ref: mine, method: length}}");
    step("setHeader: {name: m, method: {ref: other, method: length}}");
    Files.writeString(
        folder().resolve("application.properties"),
        "camel.beans.other=#class:java.lang.StringBuilder\n");
    box().send(Events.body(1), attributes());

    Program.Result tried = dlq("replay", "--dry-run", "--reason=CONTRACT");

    assertThat(tried.exitCode()).as(tried.err()).isZero();
    assertThat(tried.out()).contains("would pass now: 1 of 1");
  }

  @Test
  void thePlaceholderOfAQueueIsNotThereForPrepare() throws Exception {
    step("setHeader: {name: q, constant: \"{{cameleon.queue.name}}\"}");

    Program.Result checked = command("check");

    assertThat(checked.exitCode()).isEqualTo(2);
    assertThat(checked.out()).contains("WRONG   routes", "cameleon.queue.name");
  }
}

package dev.cameleon.cli;

import dev.cameleon.cases.CaseRunner;
import dev.cameleon.cases.Difference;
import dev.cameleon.cli.console.FailedException;
import dev.cameleon.cli.console.Printable;
import dev.cameleon.errors.SafeQuote;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Writes the results of {@code test} as JUnit XML, which CI servers show. */
final class JunitReport {
  private JunitReport() {}

  static void write(Path file, List<CaseRunner.Result> results) throws FailedException {
    try (Writer writer = Files.newBufferedWriter(file)) {
      XMLStreamWriter xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(writer);
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeStartElement("testsuite");
      xml.writeAttribute("name", "cameleon test");
      xml.writeAttribute("tests", Integer.toString(results.size()));
      xml.writeAttribute(
          "failures", Long.toString(results.stream().filter(result -> !result.passed()).count()));
      xml.writeAttribute("errors", "0");
      xml.writeAttribute(
          "time",
          seconds(
              results.stream().map(CaseRunner.Result::time).reduce(Duration.ZERO, Duration::plus)));
      for (CaseRunner.Result result : results) {
        write(xml, result);
      }
      xml.writeEndDocument();
      xml.close();
    } catch (IOException | XMLStreamException e) {
      throw new FailedException(
          SafeQuote.path(file) + " cannot be written (" + e.getClass().getSimpleName() + ")");
    }
  }

  private static void write(XMLStreamWriter xml, CaseRunner.Result result)
      throws XMLStreamException {
    xml.writeStartElement("testcase");
    xml.writeAttribute("classname", result.tried().place());
    xml.writeAttribute("name", Printable.text(result.tried().name()));
    xml.writeAttribute("time", seconds(result.time()));
    if (!result.passed()) {
      xml.writeStartElement("failure");
      xml.writeAttribute("message", "the result differs from what the case expects");
      xml.writeCharacters(
          result.difference().stream()
              .map(Difference.Line::toString)
              .map(Printable::text) // XML has no control characters
              .collect(Collectors.joining("\n")));
      xml.writeEndElement();
    }
    xml.writeEndElement();
  }

  private static String seconds(Duration time) {
    return String.format(Locale.ROOT, "%.3f", time.toMillis() / 1000.0);
  }
}

package dev.cameleon.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cameleon.support.Events;
import dev.cameleon.support.Site;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attacks from the network on the endpoint, or through it on the process. */
class HealthAttackTest {
  /** The limit for the whole process, whose jars, connections and logs take about half. */
  private static final int MOST_FILES = 700;

  private static final int ONE_BYTE_EACH = 4;
  private static final int IDLE = 1400;

  @TempDir private Path folder;

  @Test
  void slowRequestsAndIdleConnectionsStopNeitherTheEndpointNorReceiving() throws Exception {
    Site site = Site.in(folder);
    Path err = folder.resolve("err.txt");
    Process process = startWithFewFiles(site, err);
    List<Socket> attack = new ArrayList<>();
    try {
      int port = port(err);
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> answer(port) == 200);

      // The endpoint answers during the attack; on a busy machine possibly not at the first
      // attempt.
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                attack.clear();
                for (int n = 0; n < ONE_BYTE_EACH; n++) {
                  attack.add(connect(port));
                  attack.get(n).getOutputStream().write('G');
                }
                return answer(port) == 200 && attack.stream().noneMatch(HealthAttackTest::isClosed);
              });
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> attack.stream().allMatch(HealthAttackTest::isClosed));

      attack.clear();
      for (int n = 0; n < IDLE; n++) {
        attack.add(connect(port));
      }
      site.queues().send(List.of(Events.body(1), Events.body(2)));
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> site.database().number("SELECT count(*) FROM user_logins") == 2);
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> answer(port) == 200);
      assertThat(Files.readString(err)).doesNotContain("Receiving pauses");
    } finally {
      for (Socket socket : attack) {
        socket.close();
      }
      process.destroyForcibly();
    }
  }

  private Process startWithFewFiles(Site site, Path err) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            "sh",
            "-c",
            "ulimit -n " + MOST_FILES + " && exec \"$@\"",
            "sh",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.cameleon.Cameleon",
            "run");
    builder.environment().clear();
    builder.environment().putAll(site.environment());
    return builder
        .directory(folder.toFile())
        .redirectOutput(folder.resolve("out.txt").toFile())
        .redirectError(err.toFile())
        .start();
  }

  private static int port(Path err) {
    Pattern line = Pattern.compile("http://localhost:(\\d+)/");
    return Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              Matcher found = line.matcher(Files.readString(err));
              return found.find() ? Integer.parseInt(found.group(1)) : 0;
            },
            port -> port > 0);
  }

  private static Socket connect(int port) throws IOException {
    Socket socket = new Socket();
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
    return socket;
  }

  private static boolean isClosed(Socket socket) {
    try {
      socket.setSoTimeout(1);
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true; // reset
    }
  }

  /** The HTTP status of readiness, or 0 without an answer. */
  private static int answer(int port) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/observe/health/ready"))
            .timeout(Duration.ofSeconds(20))
            .build();
    try {
      // A new client, because a kept one would reuse a connection from before the attack.
      return HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      return 0;
    }
  }
}

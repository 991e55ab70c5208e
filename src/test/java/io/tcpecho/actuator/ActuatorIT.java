package io.tcpecho.actuator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.tcpecho.testing.EchoProcess;
import com.sun.management.UnixOperatingSystemMXBean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Nobody who can connect to Actuator can have the service restarted: probes and scrapes
 * are answered whatever others do there.
 */
@Isolated
class ActuatorIT {

	/** What the chart's readiness probe waits for; its liveness probe waits longer. */
	private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);

	/** Prometheus's own default. */
	private static final Duration SCRAPE_TIMEOUT = Duration.ofSeconds(10);

	private final List<Socket> attackers = new ArrayList<>();

	enum Attack {

		SILENT(0, "", ""),

		SLOW_HEADER(1, "GET /actuator/health HTTP/1.1\nHost: x\nX-Slow: ", "a"),

		SLOW_BODY(1, "POST /actuator/health HTTP/1.1\nHost: x\nContent-Length: 100000\n\n", "a"),

		SLOW_CHUNKS(1, "POST /actuator/health HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n", "1\na\n"),

		SLOW_BODY_OF_GET(1, "GET /actuator/health HTTP/1.1\nHost: x\nContent-Length: 100000\n\n", "a"),

		/** What Tomcat answers itself. */
		SLOW_BODY_OF_NO_ENDPOINT(1, "OPTIONS * HTTP/1.1\nHost: x\nContent-Length: 100000\n\n", "a"),

		UNREAD_SCRAPES(10, "GET /actuator/prometheus HTTP/1.1\nHost: x\n\n", ""),

		UNREAD_SBOM(3, "GET /actuator/sbom/application HTTP/1.1\nHost: x\n\n", "");

		private final String first;

		private final String more;

		Attack(int requests, String request, String more) {
			this.first = request.replace("\n", "\r\n").repeat(requests);
			this.more = more.replace("\n", "\r\n");
		}

	}

	@AfterEach
	void closeSockets() throws IOException {
		for (Socket socket : this.attackers) {
			socket.close();
		}
	}

	@Tag("echo")
	@ParameterizedTest
	@EnumSource
	void probesAndScrapesAreAnsweredWhateverOthersDo(Attack attack) throws Exception {
		try (EchoProcess echo = EchoProcess.start()) {
			attack(echo, attack, 200);
			assertAnswers(echo, attack);
			echo.assertNothingAmiss();

			// So they are while it drains, and nobody keeps the process from its end.
			try (Socket silent = echo.connect()) {
				echo.terminate();
				assertAnswer(echo, "health/liveness", PROBE_TIMEOUT);
				assertThat(EchoProcess.exchange(silent, "hello")).isEqualTo("hello");
			}
			echo.awaitExit(Duration.ofSeconds(1 + 5));
			assertThat(echo.output("Drained")).hasSize(1);
		}
	}

	@Test
	void aBodyThatNoEndpointReadsIsNotWaitedFor() throws Exception {
		try (EchoProcess echo = EchoProcess.start()) {
			for (String request : List.of("POST", "GET", "HEAD", "OPTIONS", "PUT", "DELETE")) {
				for (String header : List.of("Content-Length: 100000", "Transfer-Encoding: chunked",
						"Content-Length: 1\nContent-Type: application/x-www-form-urlencoded",
						"Content-Length: 100000\nContent-Type: multipart/form-data; boundary=x")) {
					try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), echo.actuatorPort())) {
						socket.setSoTimeout(10_000);
						EchoProcess.send(socket,
								"%s /actuator/health HTTP/1.1\nHost: x\n%s\n\n".formatted(request, header)
									.replace("\n", "\r\n"));
						assertThatNoException().as(request + " " + header)
							.isThrownBy(() -> assertThat(EchoProcess.receive(socket)).startsWith("HTTP/1.1 4"));
					}
				}
			}
		}
	}

	@Test
	void whatIsNoRequestIsRefusedWithoutAWord() throws Exception {
		try (EchoProcess echo = EchoProcess.start()) {
			List<String> logged = logged(echo);
			for (String request : List.of("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001|\u0003\u0003", "\0",
					"hello\n", "G@T /x HTTP/1.1\n\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1024 8080\nGET / HTTP/1.1\n\n",
					"GET /\u0001 HTTP/1.1\nHost: x\n\n", "GET /%zz HTTP/1.1\nHost: x\n\n",
					"GET /actuator/../.. HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\nHost: x y\n\n", "GET / HTTP/1.1\n\n",
					"GET / HTTP/1.1\nHost: x\nA b: c\n\n", "GET / HTTP/1.1\nHost: x\nContent-Length: x\n\n",
					"GET / HTTP/1.1\nHost: x\nX: %s\n\n".formatted("x".repeat(5000)))) {
				try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), echo.actuatorPort())) {
					socket.setSoTimeout(10_000);
					EchoProcess.send(socket, request.replace("\n", "\r\n"));
					socket.shutdownOutput();
					assertThat(EchoProcess.receive(socket)).as(request).startsWith("HTTP/1.1 400");
				}
			}
			assertThat(logged(echo)).isEqualTo(logged);
		}
	}

	/** How many lines of each level. */
	private static List<String> logged(EchoProcess echo) throws Exception {
		return echo.response("prometheus")
			.body()
			.lines()
			.filter((line) -> line.startsWith("logback_events_total"))
			.toList();
	}

	/** Of those who need no thread, slow headers hold the most. */
	@Test
	void whatTwoThousandClientsHoldFitsTheHeapOfTheImage() throws Exception {
		assumeDescriptors(12_000);
		// 30 % of 256 MiB.
		try (EchoProcess echo = EchoProcess.startJar(List.of("@src/main/docker/jvm.options", "-Xmx77m"))) {
			attack(echo, Attack.SLOW_HEADER, 2000);
			assertAnswers(echo, Attack.SLOW_HEADER);
			assertThat(echo.metric("process_files_open_files")).isGreaterThan(2000);
		}
	}

	@Test
	void theOldestConnectionGoesWhenThereIsNoPlaceForANewOne() throws Exception {
		try (EchoProcess echo = EchoProcess.start("--server.tomcat.max-connections=80")) {
			double before = echo.metric("process_files_open_files");
			attack(echo, Attack.SILENT, 200);
			assertAnswers(echo, Attack.SILENT);
			assertThat(echo.metric("process_files_open_files")).isLessThan(before + 80);
			assertThat(this.attackers.getFirst()).matches(ActuatorIT::isClosed);
			Socket newest = this.attackers.getLast();
			EchoProcess.send(newest, "GET /actuator/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
			assertThat(EchoProcess.receive(newest)).startsWith("HTTP/1.1 200");
		}
	}

	private static boolean isClosed(Socket socket) {
		try {
			return socket.getInputStream().read() == -1;
		}
		catch (SocketException ex) {
			// A reset has overtaken the end of the stream.
			return true;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Tag("echo")
	@Test
	void itKeepsItsOwnThreadsWithVirtualOnesForAll() throws Exception {
		try (EchoProcess echo = EchoProcess.start("--spring.threads.virtual.enabled=true")) {
			assertThat(echo.echo("hello")).isEqualTo("hello");
			assertThat(echo.output("Initializing Servlet")).singleElement().asString().contains("-exec-");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "--server.tomcat.max-connections=1", "--server.tomcat.max-connections=-1",
			"--management.prometheus.metrics.export.enabled=false" })
	void springBootsOwnSettingsWorkToo(String setting) throws Exception {
		try (EchoProcess echo = EchoProcess.start(setting)) {
			assertAnswer(echo, "health/liveness", PROBE_TIMEOUT);
			assertAnswer(echo, "health/liveness", PROBE_TIMEOUT);
			echo.assertNothingAmiss();
		}
	}

	private void attack(EchoProcess echo, Attack attack, int count) throws IOException {
		for (int i = 0; i < count; i++) {
			Socket socket = new Socket();
			this.attackers.add(socket);
			// So that most of an answer that is not read stays with the service.
			socket.setReceiveBufferSize(4096);
			socket.setSoTimeout(10_000);
			socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), echo.actuatorPort()), 10_000);
			send(socket, attack.first);
		}
	}

	private void assertAnswers(EchoProcess echo, Attack attack) throws Exception {
		for (int i = 0; i < 10; i++) {
			for (Socket socket : this.attackers) {
				send(socket, attack.more);
			}
			assertAnswer(echo, "health/liveness", PROBE_TIMEOUT);
			assertAnswer(echo, "health/readiness", PROBE_TIMEOUT);
			assertAnswer(echo, "prometheus", SCRAPE_TIMEOUT);
		}
	}

	/** On a new connection, as the kubelet asks. */
	private static void assertAnswer(EchoProcess echo, String endpoint, Duration timeout) throws Exception {
		echo.reconnect();
		long asked = System.nanoTime();
		assertThat(echo.get(endpoint)).isEqualTo(200);
		assertThat(Duration.ofNanos(System.nanoTime() - asked)).as(endpoint).isLessThan(timeout);
	}

	private static void send(Socket socket, String text) {
		try {
			EchoProcess.send(socket, text);
		}
		catch (IOException ex) {
			// The service has ended it, as it may.
		}
	}

	private static void assumeDescriptors(int count) {
		Assumptions.assumeTrue(
				ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
						&& system.getMaxFileDescriptorCount() >= count,
				() -> "It takes %d file descriptors to hold so many connections".formatted(count));
	}

}

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

import com.sun.management.UnixOperatingSystemMXBean;
import io.tcpecho.testing.EchoProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nobody who can connect to Actuator can have the service restarted: probes and scrapes
 * are answered whatever others do there.
 */
@Isolated("It measures how soon probes are answered")
class ActuatorIT {

	/** What the chart's readiness probe waits for; its liveness probe waits longer. */
	private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);

	/** Prometheus's own default. */
	private static final Duration SCRAPE_TIMEOUT = Duration.ofSeconds(10);

	private static EchoProcess service;

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

	@BeforeAll
	static void start() throws IOException {
		service = EchoProcess.start();
	}

	@AfterAll
	static void stop() {
		service.assertNothingAmiss();
		service.close();
	}

	@ParameterizedTest
	@EnumSource
	void probesAndScrapesAreAnsweredWhateverOthersDo(Attack attack) throws Exception {
		attack(service, attack, 200);
		assertAnswers(service, attack);
	}

	@Tag("echo")
	@Test
	void soAreProbesWhileItDrainsAndNobodyKeepsItFromItsEnd() throws Exception {
		try (EchoProcess echo = EchoProcess.start(); Socket silent = echo.connect()) {
			for (Attack attack : Attack.values()) {
				// More than Tomcat has threads (server.tomcat.threads.max).
				attack(echo, attack, 100);
			}
			echo.terminate();
			assertAnswer(echo, "health/liveness", PROBE_TIMEOUT);
			assertThat(EchoProcess.exchange(silent, "hello")).isEqualTo("hello");
			echo.awaitExit(Duration.ofSeconds(1 + 5));
			assertThat(echo.output("Drained")).hasSize(1);
			echo.assertNothingAmiss();
		}
	}

	/** Of those who need no thread, slow headers hold the most. */
	@Test
	void whatTwoThousandClientsHoldFitsTheHeapOfTheImage() throws Exception {
		assumeDescriptors(12_000);
		// 30 % of 256 MiB.
		try (EchoProcess echo = EchoProcess.startWith(List.of("@src/main/docker/jvm.options", "-Xmx77m"))) {
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
		for (int i = 0; i < 5; i++) {
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

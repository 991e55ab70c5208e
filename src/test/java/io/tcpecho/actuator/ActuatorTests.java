package io.tcpecho.actuator;

import java.net.Socket;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.util.List;

import io.tcpecho.server.TestService;
import io.tcpecho.testing.EchoProcess;
import io.tcpecho.testing.Logged;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * What Actuator answers to what is no use of it, and which of Spring Boot's settings go
 * on to work.
 */
@ExtendWith(OutputCaptureExtension.class)
class ActuatorTests {

	@Test
	void aBodyThatNoEndpointReadsIsNotWaitedFor() throws Exception {
		try (TestService service = TestService.start()) {
			for (String request : List.of("POST", "GET", "HEAD", "OPTIONS", "PUT", "DELETE")) {
				for (String header : List.of("Content-Length: 100000", "Transfer-Encoding: chunked",
						"Content-Length: 1\nContent-Type: application/x-www-form-urlencoded",
						"Content-Length: 100000\nContent-Type: multipart/form-data; boundary=x")) {
					try (Socket socket = EchoProcess.connect(service.actuatorPort())) {
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
	void whatIsNoRequestIsRefusedWithoutAWord(CapturedOutput output) throws Exception {
		try (TestService service = TestService.start()) {
			assertThat(liveness(service)).contains("UP");
			int before = Logged.lines(output, "").size();
			for (String request : List.of("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001|\u0003\u0003", "\0",
					"hello\n", "G@T /x HTTP/1.1\n\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1024 8080\nGET / HTTP/1.1\n\n",
					"GET /\u0001 HTTP/1.1\nHost: x\n\n", "GET /%zz HTTP/1.1\nHost: x\n\n",
					"GET /actuator/../.. HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\nHost: x y\n\n", "GET / HTTP/1.1\n\n",
					"GET / HTTP/1.1\nHost: x\nA b: c\n\n", "GET / HTTP/1.1\nHost: x\nContent-Length: x\n\n",
					"GET / HTTP/1.1\nHost: x\nX: %s\n\n".formatted("x".repeat(5000)))) {
				try (Socket socket = EchoProcess.connect(service.actuatorPort())) {
					EchoProcess.send(socket, request.replace("\n", "\r\n"));
					socket.shutdownOutput();
					assertThat(EchoProcess.receive(socket)).as(request).startsWith("HTTP/1.1 400");
				}
			}
			// This one's own mark, and nothing else.
			assertThat(Logged.lines(output, "")).hasSize(before + 1);
		}
	}

	@Test
	void itKeepsItsOwnThreadsWithVirtualOnesForAll(CapturedOutput output) throws Exception {
		try (TestService service = TestService.start("spring.threads.virtual.enabled=true")) {
			assertThat(service.echo("hello")).isEqualTo("hello");
			assertThat(liveness(service)).contains("UP");
			assertThat(Logged.lines(output, "Initializing Servlet")).singleElement().asString().contains("-exec-");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "server.tomcat.max-connections=1", "server.tomcat.max-connections=-1",
			"management.prometheus.metrics.export.enabled=false" })
	void springBootsOwnSettingsWorkToo(String setting, CapturedOutput output) throws Exception {
		try (TestService service = TestService.start(setting)) {
			assertThat(liveness(service)).contains("UP");
			assertThat(liveness(service)).contains("UP");
			Logged.assertNothingAmiss(output);
		}
	}

	/** On a new connection, as the kubelet asks. */
	private static String liveness(TestService service) throws Exception {
		URI uri = URI.create("http://localhost:" + service.actuatorPort() + "/actuator/health/liveness");
		URLConnection connection = uri.toURL().openConnection();
		connection.setRequestProperty("Connection", "close");
		connection.setReadTimeout(10_000);
		return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
	}

}

package io.tcpecho.server;

import java.util.Map;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tcpecho.server.EchoSocket.Phase;
import io.tcpecho.testing.Logged;
import io.tcpecho.testing.TestClient;
import io.tcpecho.testing.TestSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Sockets and their permits, without a service around them.
 */
@ExtendWith(OutputCaptureExtension.class)
class OpenConnectionsTests {

	private final OpenConnections open = new OpenConnections(3);

	private final Books books = new Books(new SimpleMeterRegistry());

	@Test
	void whoIsGivenUpIsCountedAndTheOldestHandlerNamed(CapturedOutput output) throws Exception {
		try (EchoServerSocket server = new EchoServerSocket(this.open, this.books, new Failures())) {
			server.bind(TestSettings.bind(Map.of("echo.port", "0")));
			try (TestClient first = TestClient.connect(server.getLocalPort())) {
				EchoSocket handled = server.next();
				handled.enter(Phase.HANDLE, EchoSocket.FOREVER);
				try (TestClient second = TestClient.connect(server.getLocalPort())) {
					EchoSocket waiting = server.next();
					waiting.enter(Phase.RECEIVE, EchoSocket.FOREVER);
					assertThat(this.open.count()).isEqualTo(2);
					assertThat(this.open).containsExactlyInAnyOrder(handled, waiting);
					assertThat(this.open.oldestExchange()).isPositive();
					server.stop();
					server.abandon();
					assertThat(this.books.endedByOutcome()).containsEntry(Outcome.ABORTED, 2L);
					assertThat(this.open.count()).isZero();
					assertThat(this.open.oldestExchange()).isZero();
					assertThat(this.open.awaitNone(System.nanoTime())).isTrue();
					assertThat(server.isClosed()).isTrue();
					assertThat(second.readAll()).isEmpty();
				}
				assertThat(Logged.lines(output, "Stopped, but for")).singleElement()
					.asString()
					.containsPattern(
							"for 1 connections whose handlers run on, the oldest for 127.0.0.1:%s since \\d{1,4} ms"
								.formatted(first.localAddress().getPort()));
			}
		}
	}

	@Test
	void aPermitWithWhichNobodyWasAcceptedIsThereAgain() throws InterruptedException {
		assertThat(this.open.limit()).isEqualTo(3);
		this.open.acquire();
		assertThat(this.open.awaitNone(System.nanoTime())).isFalse();
		this.open.release();
		assertThat(this.open.awaitNone(System.nanoTime())).isTrue();
		assertThat(this.open.awaitNone(System.nanoTime())).isTrue();
	}

}

package io.tcpecho.server;

import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tcpecho.server.EchoSocket.Cutter;
import io.tcpecho.server.EchoSocket.Phase;
import io.tcpecho.testing.TestClient;
import io.tcpecho.testing.TestSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A connection's phases, who cuts it, and what its client sees then; on real sockets, and
 * without a service around them.
 */
class EchoSocketTests {

	private final Books books = new Books(new SimpleMeterRegistry());

	private final OpenConnections open = new OpenConnections(2);

	private EchoServerSocket server;

	private TestClient client;

	private EchoSocket socket;

	@BeforeEach
	void accept() throws IOException {
		this.server = new EchoServerSocket(this.open, this.books, new Failures());
		this.server.bind(TestSettings.bind(Map.of("echo.port", "0")));
		this.client = TestClient.connect(this.server.getLocalPort());
		this.socket = this.server.next();
	}

	@AfterEach
	void close() throws IOException {
		this.client.close();
		this.server.close();
	}

	@ParameterizedTest
	@EnumSource(mode = Mode.EXCLUDE, names = { "HANDLE", "REPLY", "CLOSE" })
	void whoIsOwedNoReplySeesAnEndOfStream(Phase phase) throws IOException {
		this.socket.enter(phase, EchoSocket.FOREVER);
		this.socket.cut(Cutter.STOP);
		assertThat(this.client.readAll()).isEmpty();
	}

	@ParameterizedTest
	@EnumSource(names = { "HANDLE", "REPLY" })
	void whoIsOwedAReplySeesAReset(Phase phase) throws IOException {
		this.socket.enter(phase, EchoSocket.FOREVER);
		this.socket.leave();
		assertThat(HandlerTests.isReset(this.client)).isTrue();
		assertThat(this.socket.phase()).isEqualTo(Phase.CLOSE);
	}

	@Test
	void itIsCutWithTheLastBeatOfItsPhaseAndOnlyOnce() throws IOException {
		// One for each tenth of a second, and two more.
		long since = this.socket.enter(Phase.RECEIVE, Duration.ofMillis(250));
		assertThat(since).isPositive();
		for (int i = 0; i < 4; i++) {
			assertThat(this.socket.beat()).isFalse();
		}
		assertThat(this.socket.cutBy()).isNull();
		assertThat(this.socket.beat()).isTrue();
		assertThat(this.socket.cutBy()).isEqualTo(Cutter.WATCHER);
		assertThat(this.socket.beat()).isFalse();
		assertThatExceptionOfType(SocketException.class)
			.isThrownBy(() -> this.socket.enter(Phase.HANDLE, EchoSocket.FOREVER))
			.withMessageContaining("WATCHER");
		assertThat(this.socket.phase()).isEqualTo(Phase.RECEIVE);
	}

	@Test
	void whomAStopHasCutTheWatcherDoesNotCutAgain() throws IOException {
		this.socket.enter(Phase.RECEIVE, Duration.ZERO);
		this.socket.abort();
		assertThat(this.socket.beat()).isFalse();
		assertThat(this.socket.beat()).isFalse();
		assertThat(this.socket.cutBy()).isEqualTo(Cutter.STOP);
	}

	@Test
	void onlyHandlersAndInterceptorsHaveItWithoutBound() throws IOException {
		long later = System.nanoTime() + Duration.ofHours(1).toNanos();
		assertThat(this.socket.handledFor(later)).isZero();
		this.socket.servedBy(Thread.currentThread());
		assertThat(this.socket.handledFor(later)).isBetween(1L, Duration.ofHours(1).toNanos());
		for (Phase phase : Phase.values()) {
			this.socket.enter(phase, EchoSocket.FOREVER);
			boolean unbounded = phase == Phase.MAKE || phase == Phase.HANDLE || phase == Phase.CLOSE;
			assertThat(this.socket.handledFor(later)).as(phase.name())
				.isBetween(unbounded ? 1L : 0L, unbounded ? Duration.ofHours(1).toNanos() : 0L);
		}
	}

	@Test
	void aStopInterruptsWhoServesIt() throws InterruptedException {
		CountDownLatch never = new CountDownLatch(1);
		CountDownLatch interrupted = new CountDownLatch(1);
		this.socket.servedBy(Thread.ofVirtual().start(() -> {
			try {
				never.await();
			}
			catch (InterruptedException ex) {
				interrupted.countDown();
			}
		}));
		this.socket.abort();
		interrupted.await();
		assertThat(this.socket.isClosed()).isTrue();
	}

	@Test
	void oneThatWasNeverServedIsAnErrorUnlessItIsForAStop() throws IOException {
		this.socket.finish();
		assertThat(this.books.endedByOutcome()).containsEntry(Outcome.ERROR, 1L);
		assertThat(this.client.readAll()).isEmpty();
		try (TestClient other = TestClient.connect(this.server.getLocalPort())) {
			EchoSocket cut = this.server.next();
			cut.abort();
			cut.finish();
			assertThat(this.books.endedByOutcome()).containsEntry(Outcome.ABORTED, 1L).containsEntry(Outcome.ERROR, 1L);
			assertThat(other.readAll()).isEmpty();
		}
	}

	@Test
	void theFirstEndDecidesAndThePermitIsGivenBackOnce() throws InterruptedException {
		assertThat(this.socket.isOpen()).isTrue();
		this.socket.end(Outcome.ECHOED);
		this.socket.end(Outcome.ERROR);
		this.socket.finish();
		this.socket.finish();
		assertThat(this.books.endedByOutcome()).containsEntry(Outcome.ECHOED, 1L).containsEntry(Outcome.ERROR, 0L);
		assertThat(this.socket.isOpen()).isFalse();
		assertThat(this.open.awaitNone(System.nanoTime())).isTrue();
		this.open.acquire();
		this.open.acquire();
		assertThat(this.open.awaitNone(System.nanoTime())).isFalse();
	}

	@Test
	void theJdkClosesNothing() {
		this.socket.close();
		assertThat(this.socket.isClosed()).isFalse();
	}

}

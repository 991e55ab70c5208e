package io.tcpecho.server;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tcpecho.server.EchoSocket.Cutter;
import io.tcpecho.server.EchoSocket.Phase;
import io.tcpecho.testing.TestClient;
import io.tcpecho.testing.TestSettings;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What the watcher does ten times a second, and once.
 */
class WatcherTests {

	/** More than it cuts at a time. */
	private static final int CLIENTS = 25;

	private static final Thread ENDED = Thread.startVirtualThread(() -> {
	});

	@BeforeAll
	static void end() throws InterruptedException {
		ENDED.join();
	}

	@Test
	void aTimeoutIsABeatForEachTenthOfASecondThatHasBegunAndTwoMore() {
		assertThat(Watcher.beats(Duration.ZERO)).isEqualTo(2);
		assertThat(Watcher.beats(Duration.ofMillis(100))).isEqualTo(3);
		assertThat(Watcher.beats(Duration.ofMillis(101))).isEqualTo(4);
		assertThat(Watcher.beats(Duration.ofHours(24))).isEqualTo(864_002);
	}

	@Test
	void itCutsWhoIsOverdueReportsEachSecondAndEndsWithItsStop() throws Exception {
		List<Long> reports = new CopyOnWriteArrayList<>();
		Watcher watcher = new Watcher(() -> reports.add(System.nanoTime()), (ex) -> {
			throw new IllegalStateException(ex);
		});
		try (EchoServerSocket server = bind()) {
			List<EchoSocket> overdue = accept(server, CLIENTS, Duration.ofMillis(200), ENDED);
			EchoSocket patient = accept(server, 1, Duration.ofHours(1), ENDED).getFirst();
			int others = watchers().size();
			long start = System.nanoTime();
			watcher.start(server);
			await().until(() -> cut(overdue) == CLIENTS);
			await().until(() -> !reports.isEmpty());
			// Ten waits of 100 ms; nine are less.
			assertThat(Duration.ofNanos(reports.getFirst() - start)).isGreaterThan(Duration.ofMillis(990));
			assertThat(patient.cutBy()).isNull();
			assertThat(watcher.starvation()).isNull();
			watcher.stop();
			await().until(() -> watchers().size() == others);
			patient.shut();
		}
	}

	@Test
	void allWhoAreOverdueAreCutInOneBeatIfTheyEnd() throws Exception {
		try (EchoServerSocket server = bind()) {
			List<EchoSocket> overdue = accept(server, CLIENTS, Duration.ZERO, ENDED);
			Watcher.cutOverdue(server);
			assertThat(cut(overdue)).isZero();
			Watcher.cutOverdue(server);
			assertThat(cut(overdue)).isEqualTo(CLIENTS);
		}
	}

	@Test
	void tenAreCutInABeatWhereTheyDoNotEnd() throws Exception {
		Semaphore held = new Semaphore(0);
		try (EchoServerSocket server = bind()) {
			List<EchoSocket> overdue = accept(server, CLIENTS, Duration.ZERO,
					Thread.startVirtualThread(held::acquireUninterruptibly));
			Watcher.cutOverdue(server);
			Watcher.cutOverdue(server);
			assertThat(cut(overdue)).isEqualTo(10);
			Watcher.cutOverdue(server);
			assertThat(cut(overdue)).isEqualTo(20);
			overdue.forEach(EchoSocket::shut);
		}
		finally {
			held.release();
		}
	}

	@Test
	void itSaysWhyItHasDied() throws Exception {
		CountDownLatch died = new CountDownLatch(1);
		Watcher watcher = new Watcher(() -> {
			throw new IllegalStateException("made to fail");
		}, (ex) -> died.countDown());
		try (EchoServerSocket server = bind()) {
			watcher.start(server);
			assertThat(died.await(30, TimeUnit.SECONDS)).isTrue();
		}
	}

	private static List<Thread> watchers() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().equals("echo-watcher"))
			.toList();
	}

	private static EchoServerSocket bind() throws IOException {
		EchoServerSocket server = new EchoServerSocket(new OpenConnections(CLIENTS + 1),
				new Books(new SimpleMeterRegistry()), new Failures());
		server.bind(TestSettings.bind(Map.of("echo.port", "0")));
		return server;
	}

	/** Clients that have closed already: nobody reads. */
	private static List<EchoSocket> accept(EchoServerSocket server, int count, Duration timeout, Thread servedBy)
			throws IOException {
		List<EchoSocket> sockets = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			TestClient.connect(server.getLocalPort()).close();
			EchoSocket socket = Objects.requireNonNull(server.next());
			socket.servedBy(servedBy);
			socket.enter(Phase.RECEIVE, timeout);
			sockets.add(socket);
		}
		return sockets;
	}

	private static long cut(List<EchoSocket> sockets) {
		return sockets.stream().filter((socket) -> socket.cutBy() == Cutter.WATCHER).count();
	}

}

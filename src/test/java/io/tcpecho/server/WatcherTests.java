package io.tcpecho.server;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tcpecho.server.EchoSocket.Cutter;
import io.tcpecho.server.EchoSocket.Phase;
import io.tcpecho.testing.TestClient;
import io.tcpecho.testing.TestSettings;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What the watcher does ten times a second, and once.
 */
class WatcherTests {

	/** More than it cuts at a time. */
	private static final int CLIENTS = 25;

	@Test
	void aTimeoutIsABeatForEachTenthOfASecondThatHasBegunAndTwoMore() {
		assertThat(Watcher.beats(Duration.ZERO)).isEqualTo(2);
		assertThat(Watcher.beats(Duration.ofMillis(100))).isEqualTo(3);
		assertThat(Watcher.beats(Duration.ofMillis(101))).isEqualTo(4);
		assertThat(Watcher.beats(Duration.ofHours(24))).isEqualTo(864_002);
	}

	@Test
	void itCutsWhoIsOverdueReportsAndEndsWithItsStop() throws Exception {
		CountDownLatch reports = new CountDownLatch(2);
		Watcher watcher = new Watcher(reports::countDown, (ex) -> {
			throw new IllegalStateException(ex);
		});
		try (EchoServerSocket server = new EchoServerSocket(new OpenConnections(CLIENTS + 1),
				new Books(new SimpleMeterRegistry()), new Failures())) {
			server.bind(TestSettings.bind(Map.of("echo.port", "0")));
			List<TestClient> clients = new ArrayList<>();
			List<EchoSocket> overdue = new ArrayList<>();
			for (int i = 0; i < CLIENTS; i++) {
				clients.add(TestClient.connect(server.getLocalPort()));
				overdue.add(accept(server, Duration.ofMillis(200)));
			}
			clients.add(TestClient.connect(server.getLocalPort()));
			EchoSocket patient = accept(server, Duration.ofHours(1));
			int others = watchers().size();
			watcher.start(server);
			await().until(() -> overdue.stream().allMatch((socket) -> socket.cutBy() == Cutter.WATCHER));
			assertThat(reports.await(30, TimeUnit.SECONDS)).isTrue();
			assertThat(patient.cutBy()).isNull();
			assertThat(watcher.starvation()).isNull();
			watcher.stop();
			await().until(() -> watchers().size() == others);
			for (TestClient client : clients) {
				client.close();
			}
		}
	}

	@Test
	void itSaysWhyItHasDied() throws Exception {
		CountDownLatch died = new CountDownLatch(1);
		Watcher watcher = new Watcher(() -> {
			throw new IllegalStateException("made to fail");
		}, (ex) -> died.countDown());
		try (EchoServerSocket server = new EchoServerSocket(new OpenConnections(1),
				new Books(new SimpleMeterRegistry()), new Failures())) {
			server.bind(TestSettings.bind(Map.of("echo.port", "0")));
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

	private static EchoSocket accept(EchoServerSocket server, Duration timeout) throws IOException {
		EchoSocket socket = server.next();
		socket.servedBy(Thread.startVirtualThread(() -> {
		}));
		socket.enter(Phase.RECEIVE, timeout);
		return socket;
	}

}

package io.tcpecho;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.integration.ip.tcp.connection.TcpConnectionInterceptorFactory;
import org.springframework.integration.ip.tcp.connection.TcpConnectionInterceptorFactoryChain;
import org.springframework.integration.ip.tcp.connection.TcpConnectionInterceptorSupport;
import org.springframework.messaging.Message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Several listeners on one port: how they share it, fail, stop and start again.
 */
@ExtendWith(OutputCaptureExtension.class)
class ListenersTests {

	@Tag("echo")
	@Test
	void withOnePermitAndFourListenersEveryoneIsServedInTurn() throws IOException {
		try (TestService service = TestService.start("echo.listeners=4", "echo.max-connections=1")) {
			List<TestClient> clients = new ArrayList<>();
			for (int i = 0; i < 100; i++) {
				clients.add(service.connect().write("number " + i));
			}
			AtomicInteger echoed = new AtomicInteger();
			for (int i = 0; i < clients.size(); i++) {
				int number = i;
				// Each closes as soon as it can: whoever is served makes room for the
				// next.
				Thread.ofVirtual().start(() -> {
					try (TestClient client = clients.get(number)) {
						echoed.addAndGet(client.readText().equals("number " + number) ? 1 : 0);
					}
					catch (IOException ex) {
						throw new IllegalStateException(ex);
					}
				});
			}
			await().untilAsserted(() -> assertThat(echoed).hasValue(100));
			assertThat(service.server().limit.limit()).isEqualTo(1);
			await().until(() -> service.server().limit.acquired() == 0);
		}
	}

	@Tag("echo")
	@Test
	void aListenerThatDiesLeavesItsShareToTheOthers(CapturedOutput output) throws IOException {
		try (TestService service = TestService.start("echo.listeners=3")) {
			kill(service.server().listeners().getFirst());
			await().until(() -> liveness(service) == LivenessState.BROKEN);
			// Until it has ended the kernel may give it a client.
			await().until(() -> !service.server().listeners().getFirst().thread.isAlive());
			for (int i = 0; i < 100; i++) {
				try (TestClient client = service.connect()) {
					assertThat(client.write("hello").readText()).isEqualTo("hello");
				}
			}
			assertThat(service.server().isReady()).isTrue();
			assertThat(service.gauge("echo.listener.up")).isZero();
			assertThat(listeners(service, "dead")).isEqualTo(1);
			assertThat(listeners(service, "serving")).isEqualTo(2);
			assertThat(listeners(service, "stuck")).isZero();
		}
		HandlerTests.flush(output);
		// The others have not waited for it.
		assertThat(output).containsPattern("Drained in \\d{1,4} ms");
		try (TestService service = TestService.start("echo.listeners=2")) {
			service.server().listeners().forEach(ListenersTests::kill);
			await().until(() -> !service.server().isReady());
		}
		HandlerTests.flush(output);
		assertThat(output).contains("echo-listener-1 is dead");
	}

	@Test
	void aReplyThatComesWhenItsListenerIsDeadIsSentAndItsConnectionClosed() throws Exception {
		CountDownLatch entered = new CountDownLatch(1);
		CountDownLatch release = new CountDownLatch(1);
		try (TestService service = TestService.start("echo.listeners=1", "spring.threads.virtual.enabled=true");
				TestClient client = service.connect()) {
			HandlerTests.handle(service, (message) -> {
				entered.countDown();
				uninterruptibly(release);
				return message;
			});
			client.write("hello");
			entered.await();
			EchoListener listener = service.server().listeners().getFirst();
			kill(listener);
			listener.thread.join();
			release.countDown();
			assertThat(client.readText()).isEqualTo("hello");
			await().until(() -> service.server().getOpenConnectionIds().isEmpty());
			assertThat(service.server().limit.acquired()).isZero();
			assertThat(service.ended(Outcome.ECHOED)).isEqualTo(1);
			assertThat(service.ended()).isEqualTo(1);
		}
	}

	@Test
	void aHandlerThatTakesLongKeepsNoReplyFromLingering(CapturedOutput output) throws Exception {
		CountDownLatch entered = new CountDownLatch(1);
		CountDownLatch release = new CountDownLatch(1);
		try (TestService service = TestService.start("echo.listeners=1", "echo.linger.timeout=1m");
				TestClient first = service.connect();
				TestClient second = service.connect();
				TestClient blocking = service.connect()) {
			HandlerTests.handle(service, (message) -> {
				entered.countDown();
				uninterruptibly(release);
				// Longer than the listener leaves a half-closed connection alone.
				LockSupport.parkNanos(OpenConnections.FIRST_LOOK.multipliedBy(3).toNanos());
				return message;
			});
			await().until(() -> service.gauge("echo.connections.active") == 3);
			blocking.write("block");
			entered.await();
			// Both are read together, and the one waits for the exchange of the other.
			first.write("hello");
			second.write("hello");
			release.countDown();
			assertThat(first.readText() + second.readText()).isEqualTo("hellohello");
			await().until(() -> service.gauge("echo.connections.lingering") == 3);
		}
		HandlerTests.flush(output);
		assertThat(output).doesNotContain(" ERROR ");
	}

	@Tag("echo")
	@Test
	void aStuckListenerIsNotReadyUntilItGoesOn(CapturedOutput output) throws Exception {
		CountDownLatch release = new CountDownLatch(1);
		Instant before = Instant.now();
		try (TestService service = TestService.start("echo.listeners=2"); TestClient client = service.connect()) {
			HandlerTests.handle(service, (message) -> {
				uninterruptibly(release);
				return message;
			});
			client.write("block");
			await().atMost(Duration.ofSeconds(20)).until(() -> listeners(service, "stuck") == 1);
			assertThat(service.server().isReady()).isFalse();
			assertThat(service.gauge("echo.listener.up")).isZero();
			assertThat(listeners(service, "serving")).isEqualTo(1);
			assertThat(liveness(service)).isEqualTo(LivenessState.CORRECT);
			assertThat(service.gauge("echo.exchange.oldest")).isGreaterThanOrEqualTo(5);
			ListenerHealthIndicator health = service.context().getBean(ListenerHealthIndicator.class);
			await().untilAsserted(() -> assertThat(health.health().getDetails().get("notReadySince"))
				.isInstanceOfSatisfying(Instant.class, (since) -> assertThat(since).isAfter(before)));
			String stuck = health.health().getDetails().toString();
			assertThat(stuck).containsPattern("echo-listener-\\d has been busy for \\d+ ms, now with 127.0.0.1:"
					+ client.localAddress().getPort());
			await().until(() -> output.getAll().contains("Not ready: echo-listener-"));
			release.countDown();
			assertThat(client.readText()).isEqualTo("block");
			await().until(() -> service.gauge("echo.listener.up") == 1);
			await().until(() -> output.getAll().contains(" goes on"));
			await().until(() -> !health.health().getDetails().containsKey("notReadySince"));
		}
		HandlerTests.flush(output);
		assertThat(output.getAll().lines().filter((line) -> line.contains(" WARN "))).hasSize(1);
	}

	@Tag("echo")
	@ParameterizedTest
	@ValueSource(strings = { "0", "its own" })
	void aStoppedServerHasFreedItsPortAndStartsAgain(String port, CapturedOutput output) throws IOException {
		String setting = port.equals("0") ? port : String.valueOf(freePort());
		try (TestService service = TestService.start("echo.listeners=2", "echo.port=" + setting);
				TestClient cut = service.connect()) {
			await().until(() -> service.gauge("echo.connections.active") == 1);
			int before = service.port();
			service.server().stop();
			assertThat(service.ended(Outcome.ABORTED)).isEqualTo(1);
			assertThat(cut.readAll()).isEmpty();
			try (ServerSocket free = new ServerSocket(before)) {
				assertThat(free.isBound()).isTrue();
			}
			service.server().start();
			assertThat(service.port()).isPositive();
			for (int i = 0; i < 20; i++) {
				try (TestClient client = service.connect()) {
					assertThat(client.write("hello").readText()).isEqualTo("hello");
				}
			}
			assertThat(liveness(service)).isEqualTo(LivenessState.CORRECT);
			await().until(() -> service.server().limit.acquired() == 0);
		}
		HandlerTests.flush(output);
		assertThat(output).doesNotContain(" WARN ").doesNotContain(" ERROR ");
	}

	@Test
	void aStopInterruptsAHandlerAndFreesThePortEvenIfThatDoesNotHelp(CapturedOutput output) throws Exception {
		CountDownLatch entered = new CountDownLatch(1);
		CountDownLatch release = new CountDownLatch(1);
		try (TestService service = TestService.start("echo.listeners=1"); TestClient client = service.connect()) {
			HandlerTests.handle(service, (message) -> {
				entered.countDown();
				uninterruptibly(release);
				return message;
			});
			client.write("block");
			entered.await();
			int port = service.port();
			long start = System.nanoTime();
			service.server().stop();
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofSeconds(2),
					Duration.ofSeconds(10));
			assertThat(service.ended(Outcome.ABORTED)).isEqualTo(1);
			assertThatExceptionOfType(ConnectException.class)
				.isThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close());
			release.countDown();
			service.server().listeners().getFirst().thread.join();
			assertThat(service.ended()).isEqualTo(1);
			assertThat(service.server().getOpenConnectionIds()).isEmpty();
			assertThat(service.server().limit.acquired()).isZero();
		}
		HandlerTests.flush(output);
		assertThat(output.getAll().lines().filter((line) -> line.contains(" WARN "))).singleElement()
			.asString()
			.contains("does not end: echo-listener-1 has been busy for");
		assertThat(output).doesNotContain(" ERROR ");
	}

	@Test
	void aHandlerThatAnInterruptEndsDoesNotHoldUpAStop(CapturedOutput output) throws Exception {
		CountDownLatch entered = new CountDownLatch(1);
		try (TestService service = TestService.start("echo.listeners=1"); TestClient client = service.connect()) {
			HandlerTests.handle(service, (_) -> {
				entered.countDown();
				try {
					new CountDownLatch(1).await();
				}
				catch (InterruptedException ex) {
					// As it should.
				}
				throw new IllegalStateException("interrupted");
			});
			client.write("block");
			entered.await();
			service.server().stop();
			assertThat(service.server().listeners().getFirst().thread.getState()).isEqualTo(Thread.State.TERMINATED);
			assertThat(service.ended(Outcome.ABORTED)).isEqualTo(1);
			assertThat(service.ended()).isEqualTo(1);
		}
		HandlerTests.flush(output);
		assertThat(output).doesNotContain(" WARN ").doesNotContain(" ERROR ");
	}

	@Test
	void aPortThatSomebodySharesIsTakenAllTheSame() throws IOException {
		int port;
		try (ServerSocketChannel other = ServerSocketChannel.open()) {
			other.setOption(StandardSocketOptions.SO_REUSEPORT, true);
			other.bind(new InetSocketAddress(0));
			port = ((InetSocketAddress) other.getLocalAddress()).getPort();
			String setting = "echo.port=" + port;
			assertThatException().isThrownBy(() -> TestService.start("echo.listeners=2", setting).close())
				.withStackTraceContaining("Address already in use");
		}
		try (ServerSocket free = new ServerSocket(port)) {
			assertThat(free.isBound()).isTrue();
		}
	}

	@Test
	void aClientThatIsNotReadFromPinsLittleMemory() throws IOException {
		try (TestService service = TestService.start("echo.max-connections=1", "echo.read-timeout=1m");
				TestClient silent = service.connect();
				SocketChannel queued = SocketChannel.open()) {
			await().until(() -> service.gauge("echo.connections.active") == 1);
			queued.setOption(StandardSocketOptions.SO_SNDBUF, 4096);
			queued.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), service.port()));
			queued.configureBlocking(false);
			AtomicInteger written = new AtomicInteger();
			// Nothing more is taken for a while: the kernel's buffers are full.
			await().during(Duration.ofMillis(500))
				.until(() -> written.addAndGet(Math.max(0, queued.write(ByteBuffer.allocate(65_536)))) == written.get()
						&& queued.write(ByteBuffer.allocate(1)) == 0);
			assertThat(written.get()).isLessThan(80_000);
			assertThat(silent.localAddress()).isNotNull();
		}
	}

	@Tag("echo")
	@Test
	void aListenerThatDoesNotEndKeepsNoPermitFromTheNextStart() throws Exception {
		CountDownLatch entered = new CountDownLatch(1);
		CountDownLatch release = new CountDownLatch(1);
		try (TestService service = TestService.start("echo.listeners=1", "echo.max-connections=1");
				TestClient first = service.connect()) {
			HandlerTests.handle(service, (message) -> {
				if (entered.getCount() > 0) {
					entered.countDown();
					uninterruptibly(release);
				}
				return message;
			});
			await().until(() -> service.gauge("echo.connections.active") == 1);
			try (TestClient blocking = service.connect().write("block")) {
				// Now that one is accepted with its message, and the listener is in line
				// for
				// the next when its handler blocks.
				first.halfClose();
				entered.await();
				service.server().stop();
				assertThat(blocking.readAll()).isEmpty();
			}
			service.server().start();
			try (TestClient next = service.connect()) {
				assertThat(next.write("hello").readText()).isEqualTo("hello");
			}
			release.countDown();
		}
	}

	@Tag("echo")
	@Test
	void interceptorsOfTheLibraryStillWork() throws IOException {
		try (TestService service = TestService.start()) {
			AtomicInteger seen = new AtomicInteger();
			TcpConnectionInterceptorFactoryChain chain = new TcpConnectionInterceptorFactoryChain();
			chain.setInterceptor(() -> new TcpConnectionInterceptorSupport() {
				@Override
				public void onMessage(Message<?> message) {
					seen.incrementAndGet();
					super.onMessage(message);
				}
			});
			service.server().setInterceptorFactoryChain(chain);
			for (int i = 0; i < 10; i++) {
				try (TestClient client = service.connect()) {
					assertThat(client.write("hello").readText()).isEqualTo("hello");
				}
			}
			assertThat(seen).hasValue(10);
			await().until(() -> service.gauge("echo.exchange.oldest") == 0);
			await().until(() -> service.server().getOpenConnectionIds().isEmpty());
		}
	}

	@Tag("echo")
	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void anInterceptorThatFailsCostsItsConnectionAlone(boolean alsoToBegin, CapturedOutput output) throws IOException {
		try (TestService service = TestService.start("echo.listeners=1")) {
			List<TcpConnectionInterceptorFactory> interceptors = new ArrayList<>();
			interceptors.add(() -> new TcpConnectionInterceptorSupport() {
				@Override
				public void close() {
					throw new AssertionError("made to fail");
				}
			});
			if (alsoToBegin) {
				interceptors.add(() -> {
					throw new IllegalStateException("made to fail");
				});
			}
			TcpConnectionInterceptorFactoryChain chain = new TcpConnectionInterceptorFactoryChain();
			chain.setInterceptor(interceptors.toArray(TcpConnectionInterceptorFactory[]::new));
			service.server().setInterceptorFactoryChain(chain);
			for (int i = 0; i < 3; i++) {
				try (TestClient client = service.connect()) {
					assertThat(client.write("hello").readText()).isEqualTo(alsoToBegin ? "" : "hello");
				}
			}
			await().until(() -> service.server().getOpenConnectionIds().isEmpty());
			assertThat(service.server().count(EchoListener.State.SERVING)).isEqualTo(1);
			assertThat(service.ended(alsoToBegin ? Outcome.ERROR : Outcome.ECHOED)).isEqualTo(3);
		}
		assertThat(output).contains("made to fail");
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void anInterceptorThatFailsAfterTheReplyIsLoggedAndCutsNothing(boolean virtualThreads, CapturedOutput output)
			throws IOException {
		try (TestService service = TestService.start("echo.linger.timeout=1m",
				"spring.threads.virtual.enabled=" + virtualThreads); TestClient client = service.connect()) {
			TcpConnectionInterceptorFactoryChain chain = new TcpConnectionInterceptorFactoryChain();
			chain.setInterceptor(() -> new TcpConnectionInterceptorSupport() {
				@Override
				public void onMessage(Message<?> message) {
					super.onMessage(message);
					throw new IllegalStateException("made to fail");
				}
			});
			service.server().setInterceptorFactoryChain(chain);
			assertThat(client.write("hello").readText()).isEqualTo("hello");
			await().until(() -> output.getAll().contains("made to fail"));
			await().until(() -> service.server().getOpenConnectionIds().isEmpty());
			assertThat(service.gauge("echo.connections.lingering")).isEqualTo(1);
			assertThat(service.ended(Outcome.ECHOED)).isEqualTo(1);
			assertThat(service.ended()).isEqualTo(1);
		}
	}

	@Test
	void anInterceptorThatFailsToCloseDoesNotKeepAStopFromItsEnd(CapturedOutput output) throws Exception {
		CountDownLatch entered = new CountDownLatch(1);
		try (TestService service = TestService.start("echo.listeners=1", "echo.drain-timeout=0s")) {
			TcpConnectionInterceptorFactoryChain chain = new TcpConnectionInterceptorFactoryChain();
			chain.setInterceptor(() -> new TcpConnectionInterceptorSupport() {
				@Override
				public void close() {
					throw new AssertionError("made to fail");
				}
			});
			service.server().setInterceptorFactoryChain(chain);
			HandlerTests.handle(service, (message) -> {
				entered.countDown();
				LockSupport.parkNanos(TimeUnit.MINUTES.toNanos(1));
				return message;
			});
			service.connect().write("hello");
			entered.await();
		}
		assertThat(output).contains("Drained in ");
	}

	private static void kill(EchoListener listener) {
		// No client and no setting can do that; it is as if its descriptor had gone bad.
		EchoListener.closeQuietly(listener.socket);
		listener.wakeup();
	}

	private static void uninterruptibly(CountDownLatch latch) {
		while (true) {
			try {
				latch.await();
				return;
			}
			catch (InterruptedException ex) {
				// A handler that does not listen.
			}
		}
	}

	private static LivenessState liveness(TestService service) {
		return service.context().getBean(ApplicationAvailability.class).getLivenessState();
	}

	private static double listeners(TestService service, String state) {
		return service.meters().get("echo.listeners").tag("state", state).gauge().value();
	}

	private static int freePort() throws IOException {
		try (ServerSocket free = new ServerSocket(0)) {
			return free.getLocalPort();
		}
	}

}

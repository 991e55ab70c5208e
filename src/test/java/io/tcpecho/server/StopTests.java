package io.tcpecho.server;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import io.tcpecho.testing.EchoProcess;
import io.tcpecho.testing.Logged;
import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * A stop without a drain, and the next start.
 */
@ExtendWith(OutputCaptureExtension.class)
@Isolated("One test holds all carriers")
class StopTests {

	@ParameterizedTest
	@ValueSource(strings = { "0", "its own" })
	void aStoppedServerHasFreedItsPortAndStartsAgain(String port, CapturedOutput output) throws IOException {
		String setting = port.equals("0") ? port : String.valueOf(EchoProcess.closedPort());
		try (TestService service = TestService.start("echo.port=" + setting); TestClient cut = service.connect()) {
			await().until(() -> service.gauge("echo.connections.active") == 1);
			int before = service.port();
			service.factory().stop();
			assertThat(service.ended(Outcome.ABORTED)).isEqualTo(1);
			assertThat(cut.readAll()).isEmpty();
			try (ServerSocket free = new ServerSocket(before)) {
				assertThat(free.isBound()).isTrue();
			}
			service.factory().start();
			assertThat(service.port()).isPositive();
			for (int i = 0; i < 20; i++) {
				assertThat(service.echo("hello")).isEqualTo("hello");
			}
			assertThat(service.liveness()).isEqualTo(LivenessState.CORRECT);
			await().until(() -> service.factory().server().open().count() == 0);
		}
		Logged.assertNothingAmiss(output);
	}

	@Test
	void aStopThatFollowsAStartAtOnceFreesThePortToo() throws IOException {
		try (TestService service = TestService.start("echo.port=" + EchoProcess.closedPort())) {
			for (int i = 0; i < 100; i++) {
				service.factory().stop();
				service.factory().start();
			}
			assertThat(service.echo("hello")).isEqualTo("hello");
			assertThat(service.factory().availability().isReady()).isTrue();
			assertThat(service.liveness()).isEqualTo(LivenessState.CORRECT);
		}
	}

	@Test
	void aStopInterruptsAHandlerAndFreesThePortEvenIfThatDoesNotHelp(CapturedOutput output) throws Exception {
		CountDownLatch entered = new CountDownLatch(1);
		CountDownLatch release = new CountDownLatch(1);
		AtomicReference<Thread> handling = new AtomicReference<>();
		try (TestService service = TestService.start(); TestClient client = service.connect()) {
			HandlerTests.handle(service, (message) -> {
				handling.set(Thread.currentThread());
				entered.countDown();
				uninterruptibly(release);
				return message;
			});
			client.write("block");
			entered.await();
			int port = service.port();
			long start = System.nanoTime();
			service.factory().stop();
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofSeconds(2),
					Duration.ofSeconds(10));
			assertThat(service.ended(Outcome.ABORTED)).isEqualTo(1);
			assertThat(service.factory().server().open().count()).isZero();
			assertThatExceptionOfType(ConnectException.class)
				.isThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close());
			release.countDown();
			handling.get().join();
			assertThat(service.ended()).isEqualTo(1);
			assertThat(service.factory().getOpenConnectionIds()).isEmpty();
		}
		assertThat(Logged.lines(output, " WARN ")).singleElement()
			.asString()
			.contains("Stopped, but for 1 connections whose handlers run on, the oldest for 127.0.0.1:");
		assertThat(output).doesNotContain(" ERROR ");
	}

	@Test
	void whoWaitsForACarrierIsInNoHandler(CapturedOutput output) throws Exception {
		int processors = Runtime.getRuntime().availableProcessors();
		CountDownLatch entered = new CountDownLatch(processors);
		AtomicBoolean computing = new AtomicBoolean(true);
		long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
		try (TestService service = TestService.start()) {
			HandlerTests.handle(service, (message) -> {
				entered.countDown();
				while (computing.get() && System.nanoTime() < deadline) {
					Thread.onSpinWait();
				}
				return message;
			});
			List<TestClient> clients = service.connect(processors + 8);
			await().until(() -> service.gauge("echo.connections.active") == clients.size());
			for (TestClient client : clients.subList(0, processors)) {
				client.write("compute");
			}
			entered.await();
			service.factory().stop();
			computing.set(false);
			for (TestClient client : clients) {
				client.close();
			}
		}
		assertThat(Logged.lines(output, "Stopped, but for ")).singleElement()
			.asString()
			.contains("for %d connections whose handlers run on".formatted(processors));
	}

	@Test
	void aHandlerThatAnInterruptEndsDoesNotHoldUpAStop(CapturedOutput output) throws Exception {
		CountDownLatch entered = new CountDownLatch(1);
		try (TestService service = TestService.start(); TestClient client = service.connect()) {
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
			service.factory().stop();
			assertThat(service.factory().getOpenConnectionIds()).isEmpty();
			assertThat(service.ended(Outcome.ABORTED)).isEqualTo(1);
			assertThat(service.ended()).isEqualTo(1);
		}
		Logged.assertNothingAmiss(output);
	}

	@Test
	void anAcceptorThatHadNoCarrierDoesNotStopTheNextServer() throws Exception {
		int processors = Runtime.getRuntime().availableProcessors();
		CountDownLatch entered = new CountDownLatch(processors);
		AtomicBoolean computing = new AtomicBoolean(true);
		long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
		try (TestService service = TestService.start()) {
			HandlerTests.handle(service, (message) -> {
				entered.countDown();
				while (HandlerTests.text(message).equals("compute") && computing.get()
						&& System.nanoTime() < deadline) {
					Thread.onSpinWait();
				}
				return message;
			});
			List<TestClient> clients = service.connect(processors);
			for (TestClient client : clients) {
				client.write("compute");
			}
			entered.await();
			Thread old = service.acceptor();
			service.factory().stop();
			service.factory().start();
			assertThat(old.isAlive()).isTrue();
			computing.set(false);
			old.join();
			for (int i = 0; i < 3; i++) {
				assertThat(service.echo("hello")).isEqualTo("hello");
			}
			assertThat(service.factory().availability().isReady()).isTrue();
			assertThat(service.liveness()).isEqualTo(LivenessState.CORRECT);
			for (TestClient client : clients) {
				client.close();
			}
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

	@Test
	void aHandlerThatDoesNotReturnKeepsNoPermitFromTheNextStart() throws Exception {
		CountDownLatch entered = new CountDownLatch(1);
		CountDownLatch release = new CountDownLatch(1);
		try (TestService service = TestService.start("echo.max-connections=1")) {
			HandlerTests.handle(service, (message) -> {
				if (entered.getCount() > 0) {
					entered.countDown();
					uninterruptibly(release);
				}
				return message;
			});
			try (TestClient blocking = service.connect().write("block")) {
				entered.await();
				service.factory().stop();
				assertThat(HandlerTests.isReset(blocking)).isTrue();
			}
			service.factory().start();
			assertThat(service.echo("hello")).isEqualTo("hello");
			release.countDown();
		}
	}

	static void uninterruptibly(CountDownLatch latch) {
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

}

package io.tcpecho.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.Logged;
import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.integration.ip.IpHeaders;
import org.springframework.integration.ip.tcp.connection.TcpConnectionInterceptorFactoryChain;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.GenericMessage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Who has sent a message and gets no whole reply sees a reset, and never an end of the
 * stream that could be an empty reply; and each has its line at DEBUG.
 */
@ExtendWith(OutputCaptureExtension.class)
class NoReplyTests {

	private static final byte[] HUGE = new byte[100_000_000];

	@TempDir
	private static Path directory;

	private static Certificates certificates;

	private final CountDownLatch entered = new CountDownLatch(1);

	@BeforeAll
	static void sign() throws Exception {
		certificates = new Certificates(directory).sign("server");
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void aHandlerThatFailsResetsItsClient(boolean tls) throws Exception {
		try (TestService service = start(tls); Socket client = connect(service, tls)) {
			HandlerTests.handle(service, (_) -> {
				throw new IllegalStateException("made to fail");
			});
			assertReset(client);
			await().until(() -> service.ended(Outcome.ERROR) == 1);
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void aStopResetsWhoseMessageAHandlerHas(boolean tls) throws Exception {
		try (TestService service = start(tls); Socket client = connect(service, tls)) {
			HandlerTests.handle(service, this::block);
			Thread stopping = Thread.ofPlatform().unstarted(() -> {
				try {
					this.entered.await();
				}
				catch (InterruptedException ex) {
					throw new IllegalStateException(ex);
				}
				service.factory().stop();
			});
			stopping.start();
			assertReset(client);
			stopping.join();
			assertThat(service.ended(Outcome.ABORTED)).isEqualTo(1);
		}
	}

	@Test
	void aStopInTheMidstOfAReplyResetsIt() throws Exception {
		try (TestService service = start(false); TestClient client = service.connect()) {
			HandlerTests.handle(service, (message) -> new GenericMessage<>(HUGE, message.getHeaders()));
			client.write("huge");
			await()
				.until(() -> service.gauge("echo.connections.active") == 1 && service.gauge("echo.exchange.oldest") == 0
						&& service.meters().get("echo.received").functionCounter().count() == 4);
			service.factory().stop();
			assertThat(HandlerTests.isReset(client)).isTrue();
			assertThat(service.ended(Outcome.ABORTED)).isEqualTo(1);
		}
	}

	@Test
	void whoClosesAConnectionFromAnotherThreadAbortsIt() throws Exception {
		try (TestService service = start(false); TestClient client = service.connect()) {
			HandlerTests.handle(service, (message) -> {
				String id = message.getHeaders().get(IpHeaders.CONNECTION_ID, String.class);
				Thread closing = Thread.ofPlatform().start(() -> service.factory().closeConnection(id));
				try {
					closing.join();
				}
				catch (InterruptedException ex) {
					throw new IllegalStateException(ex);
				}
				return message;
			});
			assertThat(HandlerTests.isReset(client.write("hello"))).isTrue();
			await().until(() -> service.ended(Outcome.ABORTED) == 1);
		}
	}

	@Test
	void theLinesAtDebugAddUpToTheBooks(CapturedOutput output) throws Exception {
		TestService service = TestService.start("logging.level.io.tcpecho=debug", "echo.drain-timeout=0s");
		HandlerTests.handle(service,
				(message) -> HandlerTests.text(message).equals("block") ? block(message) : message);
		assertThat(service.echo("hello")).isEqualTo("hello");
		TcpConnectionInterceptorFactoryChain failing = new TcpConnectionInterceptorFactoryChain();
		failing.setInterceptor(() -> {
			throw new IllegalStateException("made to fail");
		});
		service.factory().setInterceptorFactoryChain(failing);
		try (TestClient notMade = service.connect()) {
			HandlerTests.isReset(notMade);
		}
		service.factory().setInterceptorFactoryChain(null);
		CountDownLatch unheard = new CountDownLatch(1);
		HandlerTests.handle(service, (message) -> {
			StopTests.uninterruptibly(unheard);
			return message;
		});
		try (TestClient silent = service.connect(); TestClient givenUp = service.connect().write("hello")) {
			await().until(() -> service.gauge("echo.connections.active") == 2);
			await().until(() -> service.meters().get("echo.received").functionCounter().count() == 10);
			service.close();
			assertThat(silent.readAll()).isEmpty();
			assertThat(givenUp.localAddress()).isNotNull();
		}
		unheard.countDown();
		Logged.flush(output);
		for (String line : new String[] { "echoed, 5", "error, 0", "aborted, 0", "aborted, 5" }) {
			assertThat(output.getAll().lines().filter((each) -> each.contains("ConnectionLog")))
				.filteredOn((each) -> each.contains(line + " bytes in"))
				.as(line)
				.hasSize(1);
		}
		assertThat(output.getAll().lines().filter((each) -> each.contains("ConnectionLog"))).hasSize(4);
	}

	private Message<?> block(Message<?> message) {
		this.entered.countDown();
		try {
			new CountDownLatch(1).await();
		}
		catch (InterruptedException ex) {
			// As it should.
		}
		return message;
	}

	private static TestService start(boolean tls) {
		return tls ? TestService.start(certificates.bundle("server")) : TestService.start();
	}

	private static Socket connect(TestService service, boolean tls) throws Exception {
		Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port());
		socket.setSoTimeout(20_000);
		return tls ? Certificates.over(socket, certificates.client()) : socket;
	}

	private static void assertReset(Socket client) throws IOException {
		client.getOutputStream().write('x');
		assertThatExceptionOfType(SocketException.class).isThrownBy(() -> client.getInputStream().read())
			.withMessageContaining("reset");
	}

}

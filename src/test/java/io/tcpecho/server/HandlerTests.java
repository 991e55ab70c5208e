package io.tcpecho.server;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

import com.sun.management.UnixOperatingSystemMXBean;
import io.tcpecho.testing.Logged;
import io.tcpecho.testing.TestClient;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.integration.channel.AbstractMessageChannel;
import org.springframework.integration.ip.IpHeaders;
import org.springframework.integration.ip.tcp.connection.TcpConnection;
import org.springframework.integration.ip.tcp.connection.TcpMessageMapper;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageChannel;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.support.ChannelInterceptor;
import org.springframework.messaging.support.GenericMessage;
import org.springframework.messaging.support.MessageBuilder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * What an engineer meets whose handler does more than to send the message back. The
 * handlers here stand in the application's own flow, before its bridge.
 */
@ExtendWith(OutputCaptureExtension.class)
@Isolated("It counts the descriptors of the JVM")
class HandlerTests {

	private static final int HUGE = 100_000_000;

	private final CountDownLatch entered = new CountDownLatch(1);

	private final CountDownLatch release = new CountDownLatch(1);

	@Test
	void aHandlerGetsTheMessageAndItsSender() throws Exception {
		try (TestService service = start()) {
			handle(service, (message) -> {
				MessageHeaders headers = message.getHeaders();
				return reply(message, text(message).toUpperCase(Locale.ROOT) + " " + headers.get(IpHeaders.IP_ADDRESS)
						+ ":" + headers.get(IpHeaders.REMOTE_PORT));
			});
			try (TestClient client = service.connect()) {
				String address = client.localAddress().getAddress().getHostAddress();
				assertThat(client.write("hello").readText())
					.isEqualTo("HELLO " + address + ":" + client.localAddress().getPort());
			}
		}
	}

	@Test
	void aHandlerThatFailsCostsItsOwnClientTheReplyAndNobodyElse(CapturedOutput output) throws IOException {
		for (String fault : new String[] { "exception", "error", "nothing", "integer" }) {
			try (TestService service = start()) {
				handle(service, (message) -> switch (text(message)) {
					case "exception" -> throw new IllegalStateException("made to fail");
					case "error" -> throw new AssertionError("made to fail");
					case "nothing" -> MessageBuilder.fromMessage(message).setReplyChannelName("nullChannel").build();
					case "integer" -> reply(message, 42);
					default -> message;
				});
				try (TestClient client = service.connect()) {
					assertThat(isReset(client.write(fault))).as(fault).isTrue();
				}
				assertThat(service.echo("hello")).isEqualTo("hello");
				await().until(() -> service.factory().getOpenConnectionIds().isEmpty());
				await().until(() -> service.gauge("echo.connections.lingering") == 0);
				assertThat(service.ended(Outcome.ECHOED)).isEqualTo(1);
				assertThat(service.ended(Outcome.ERROR)).isEqualTo(1);
				assertThat(service.accepted()).isEqualTo(2);
			}
		}
		assertThat(Logged.lines(output, " ERROR ")).hasSize(4)
			.allMatch((line) -> line.contains("Failed for 127.0.0.1:"))
			.anyMatch((line) -> line.contains("IllegalStateException: The handler gave no reply"))
			.anyMatch((line) -> line.contains("AssertionError: made to fail"));
	}

	@Test
	void aReplyOfAnySizeWaitsForItsClient() throws IOException {
		try (TestService service = start(); TestClient client = service.connect()) {
			handle(service, (message) -> reply(message, new byte[HUGE]));
			assertThat(client.write("huge").readAll()).hasSize(HUGE);
			assertThat(service.ended(Outcome.ECHOED)).isEqualTo(1);
		}
	}

	@Test
	void aReplyThatIsNotTakenInTimeIsResetAndNotEndedAsIfItWereWhole(CapturedOutput output) throws IOException {
		try (TestService service = start("echo.read-timeout=1s"); TestClient client = service.connect()) {
			handle(service, (message) -> reply(message, new byte[HUGE]));
			client.write("huge");
			await().until(() -> service.ended(Outcome.RESET) == 1);
			assertThatExceptionOfType(SocketException.class).isThrownBy(client::readAll).withMessageContaining("reset");
			assertThat(service.ended()).isEqualTo(1);
		}
		Logged.assertNothingAmiss(output);
	}

	@Test
	void aThousandHandlersBlockAtOnce() throws Exception {
		int count = 1_000;
		CyclicBarrier barrier = new CyclicBarrier(count);
		try (TestService service = start()) {
			handle(service, (message) -> {
				try {
					barrier.await(20, TimeUnit.SECONDS);
				}
				catch (Exception ex) {
					throw new IllegalStateException(ex);
				}
				return message;
			});
			List<TestClient> clients = service.connect(count);
			for (TestClient client : clients) {
				client.write("hello");
			}
			for (TestClient client : clients) {
				assertThat(client.readText()).isEqualTo("hello");
				client.close();
			}
			assertThat(service.ended(Outcome.ECHOED)).isEqualTo(count);
		}
	}

	@Test
	void aThousandFailuresAreAStackAndALineASecond(CapturedOutput output) throws IOException {
		try (TestService service = start()) {
			handle(service, (_) -> {
				throw new IllegalStateException("made to fail");
			});
			for (int i = 0; i < 1_000; i++) {
				try (TestClient client = service.connect()) {
					assertThat(isReset(client.write("hello"))).isTrue();
				}
			}
			assertThat(service.ended(Outcome.ERROR)).isEqualTo(1_000);
		}
		assertThat(Logged.lines(output, "IllegalStateException: made to fail"))
			.filteredOn((line) -> !line.contains(" more in a second"))
			.hasSizeLessThanOrEqualTo(2);
		long reported = Logged.lines(output, " more in a second")
			.stream()
			.mapToLong((line) -> Long.parseLong(line.replaceAll(".*Failed for (\\d+) more.*", "$1")))
			.sum();
		assertThat(reported).isEqualTo(999);
	}

	@Test
	void aHandlerThatBlocksHoldsUpNobodyElse() throws Exception {
		try (TestService service = start(); TestClient blocked = service.connect()) {
			handle(service, this::blockOnDemand);
			blocked.write("block");
			this.entered.await();
			for (int i = 0; i < 100; i++) {
				assertThat(service.echo("hello")).isEqualTo("hello");
			}
			assertThat(service.gauge("echo.exchange.oldest")).isPositive();
			assertThat(service.gauge("echo.listener.up")).isEqualTo(1);
			this.release.countDown();
			assertThat(blocked.readText()).isEqualTo("block");
			await().until(() -> service.gauge("echo.exchange.oldest") == 0);
			assertThat(service.ended(Outcome.ECHOED)).isEqualTo(101);
		}
	}

	@Test
	void aClientThatIsGoneBeforeItsReplyIsNoFaultOfOurs(CapturedOutput output) throws Exception {
		try (TestService service = start()) {
			handle(service, this::blockOnDemand);
			TestClient client = service.connect().write("block");
			this.entered.await();
			client.reset();
			this.release.countDown();
			await().until(() -> service.ended(Outcome.RESET) == 1);
		}
		Logged.assertNothingAmiss(output);
	}

	@Test
	void aPermitReleasedAfterAResetIsAcquiredAtOnce() throws Exception {
		try (TestService service = start("echo.max-connections=1")) {
			handle(service, this::blockOnDemand);
			TestClient first = service.connect().write("block");
			this.entered.await();
			try (TestClient next = service.connect().write("hello")) {
				first.reset();
				this.release.countDown();
				assertThat(next.readText()).isEqualTo("hello");
			}
		}
	}

	@Test
	void aPermitIsNotReleasedBeforeItsDescriptorIsFree() throws Exception {
		try (TestService service = start("echo.max-connections=21", "echo.read-timeout=1s")) {
			AtomicLong most = new AtomicLong();
			handle(service, (message) -> {
				most.accumulateAndGet(openDescriptors(), Math::max);
				return blockOnDemand(message);
			});
			// Cut by the watcher, all at once, while others wait for their permits.
			List<TestClient> silent = service.connect(20);
			await().until(() -> service.gauge("echo.connections.active") == 20);
			TestClient blocking = service.connect().write("block");
			this.entered.await();
			List<TestClient> queued = service.connect(20);
			for (TestClient client : queued) {
				client.write("hello");
			}
			long full = openDescriptors();
			for (TestClient client : queued) {
				assertThat(client.readText()).isEqualTo("hello");
			}
			this.release.countDown();
			assertThat(blocking.readText()).isEqualTo("block");
			assertThat(silent.getFirst().readAll()).isEmpty();
			// Some files that have nothing to do with it may be open for a moment.
			assertThat(most.get()).isLessThan(full + 10);
		}
	}

	private static long openDescriptors() {
		return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount();
	}

	@Test
	void anInterruptThatAHandlerLeavesBehindReachesNoOther() throws Exception {
		try (TestService service = start("echo.max-connections=1")) {
			handle(service, (message) -> {
				String interrupted = String.valueOf(Thread.currentThread().isInterrupted());
				Thread.currentThread().interrupt();
				return reply(message, interrupted);
			});
			for (int i = 0; i < 3; i++) {
				try (TestClient client = service.connect()) {
					assertThat(client.write("interrupted?").readText()).isEqualTo("false");
				}
			}
		}
	}

	@Test
	void anInterruptInTheMidstOfAReplyIsAFaultAndResetsIt() throws Exception {
		try (TestService service = start(); TestClient client = service.connect()) {
			handle(service, (message) -> {
				Thread serving = Thread.currentThread();
				// When the reply waits for its client.
				Thread.ofPlatform().start(() -> {
					await().until(() -> serving.getState() == Thread.State.WAITING);
					serving.interrupt();
				});
				return reply(message, new byte[HUGE]);
			});
			client.write("huge");
			await().until(() -> service.ended(Outcome.ERROR) == 1);
			assertThat(isReset(client)).isTrue();
			await().until(() -> service.factory().server().open().count() == 0);
			assertThat(service.ended()).isEqualTo(1);
		}
	}

	@Test
	void aMessageThatOverflowsTheStackIsAnErrorAndEndsNothingElse(CapturedOutput output) throws IOException {
		try (TestService service = start()) {
			handle(service, (message) -> text(message).equals("overflow") ? overflow(message) : message);
			try (TestClient client = service.connect()) {
				assertThat(isReset(client.write("overflow"))).isTrue();
			}
			assertThat(service.echo("hello")).isEqualTo("hello");
			assertThat(service.ended(Outcome.ERROR)).isEqualTo(1);
		}
		Logged.flush(output);
		assertThat(output).containsPattern("Failed for 127.0.0.1:\\d+: java.lang.StackOverflowError");
	}

	@SuppressWarnings("InfiniteRecursion")
	private static Message<?> overflow(Message<?> message) {
		return MessageBuilder.fromMessage(overflow(message)).build();
	}

	@Test
	void whatFailsBeforeTheHandlerLeavesNothingOpen() throws Exception {
		try (TestService service = start()) {
			service.factory().setMapper(new TcpMessageMapper() {
				@Override
				public Message<?> toMessage(TcpConnection connection, @Nullable Map<String, Object> headers) {
					throw new IllegalStateException("made to fail");
				}
			});
			try (TestClient client = service.connect()) {
				assertThat(isReset(client.write("hello"))).isTrue();
			}
			await().until(() -> service.factory().getOpenConnectionIds().isEmpty());
			await().until(() -> service.factory().server().open().count() == 0);
			assertThat(service.ended(Outcome.ERROR)).isEqualTo(1);
		}
	}

	private static TestService start(String... settings) {
		String[] all = Arrays.copyOf(settings, settings.length + 1);
		all[settings.length] = "echo.linger.timeout=300ms";
		return TestService.start(all);
	}

	/** Puts a handler before the bridge of the application's own flow. */
	static void handle(TestService service, UnaryOperator<Message<?>> handler) {
		service.context()
			.getBean("echo.channel#0", AbstractMessageChannel.class)
			.addInterceptor(new ChannelInterceptor() {
				@Override
				public Message<?> preSend(Message<?> message, MessageChannel channel) {
					return handler.apply(message);
				}
			});
	}

	private Message<?> blockOnDemand(Message<?> message) {
		if (text(message).equals("block")) {
			this.entered.countDown();
			try {
				this.release.await();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}
		return message;
	}

	static String text(Message<?> message) {
		return new String((byte[]) message.getPayload(), StandardCharsets.UTF_8);
	}

	/** Whether the stream ends with a reset, and not as if a reply were whole. */
	static boolean isReset(TestClient client) throws IOException {
		try {
			client.readAll();
			return false;
		}
		catch (SocketException ex) {
			return true;
		}
	}

	private static Message<?> reply(Message<?> message, Object payload) {
		return new GenericMessage<>(payload, message.getHeaders());
	}

}

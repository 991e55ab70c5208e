package io.tcpecho;

import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.integration.dsl.IntegrationFlow;
import org.springframework.integration.ip.IpHeaders;
import org.springframework.integration.ip.dsl.Tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What an engineer meets who replaces the handler.
 */
@ExtendWith(OutputCaptureExtension.class)
class HandlerTests {

	private static final int HUGE = 100_000_000;

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void anotherHandlerIsOneOtherLine(boolean virtualThreads) throws Exception {
		try (TestService service = start(Application.class, virtualThreads); TestClient client = service.connect()) {
			String address = client.localAddress().getAddress().getHostAddress();
			assertThat(client.write("hello").readText())
				.isEqualTo("HELLO " + address + ":" + client.localAddress().getPort());
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void aHandlerThatFailsCostsItsOwnClientTheReplyAndNobodyElse(boolean virtualThreads, CapturedOutput output)
			throws IOException {
		try (TestService service = start(Application.class, virtualThreads)) {
			for (String fault : new String[] { "exception", "error", "nothing", "huge" }) {
				try (TestClient client = service.connect()) {
					assertThat(client.write(fault).readAll()).hasSizeLessThan(HUGE);
				}
				try (TestClient client = service.connect()) {
					assertThat(client.write("hello").readText()).startsWith("HELLO");
				}
			}
			assertThat(service.server().getOpenConnectionIds()).isEmpty();
			await().until(() -> service.gauge("echo.connections.active") == 0);
			assertThat(service.ended(Outcome.ECHOED)).isEqualTo(4);
			assertThat(service.ended(Outcome.ERROR)).isEqualTo(4);
			assertThat(service.accepted()).isEqualTo(8);
			assertThat(output.getAll().lines().filter((line) -> line.contains(" ERROR "))).hasSize(4)
				.anyMatch((line) -> line.contains("The handler gave no reply"))
				.anyMatch((line) -> line.contains("A reply of " + HUGE + " bytes is more"));
		}
	}

	@Test
	void onVirtualThreadsAHandlerThatBlocksHoldsUpNobodyElse() throws Exception {
		Application.block();
		try (TestService service = start(Application.class, true); TestClient blocked = service.connect()) {
			blocked.write("block");
			Application.entered.await();
			for (int i = 0; i < 100; i++) {
				try (TestClient client = service.connect()) {
					assertThat(client.write("hello").readText()).startsWith("HELLO");
				}
			}
			Application.release.countDown();
			assertThat(blocked.readText()).startsWith("BLOCK");
			assertThat(service.ended(Outcome.ECHOED)).isEqualTo(101);
		}
	}

	@Test
	void aClientThatIsGoneBeforeItsReplyIsNoFaultOfOurs(CapturedOutput output) throws Exception {
		Application.block();
		try (TestService service = start(Application.class, true)) {
			TestClient client = service.connect().write("block");
			Application.entered.await();
			client.reset();
			Application.release.countDown();
			await().until(() -> service.ended(Outcome.RESET) == 1);
		}
		assertThat(output).doesNotContain(" WARN ").doesNotContain(" ERROR ");
	}

	@Test
	void aPlaceFreedOnAVirtualThreadIsTakenAtOnce() throws Exception {
		Application.block();
		try (TestService service = start(Application.class, true, "echo.max-connections=1")) {
			TestClient first = service.connect().write("block");
			Application.entered.await();
			try (TestClient next = service.connect().write("hello")) {
				first.reset();
				Application.release.countDown();
				assertThat(next.readText()).startsWith("HELLO");
			}
		}
	}

	@Test
	void aDeserializerThatFailsLeavesNothingOpen() throws Exception {
		try (TestService service = start(Application.class, false)) {
			service.server().setDeserializer((input) -> {
				throw new IOException("made to fail");
			});
			try (TestClient client = service.connect()) {
				assertThat(client.write("hello").readText()).isEmpty();
			}
			assertThat(service.server().getOpenConnectionIds()).isEmpty();
			assertThat(service.ended(Outcome.ERROR)).isEqualTo(1);
		}
	}

	private static TestService start(Class<?> application, boolean virtualThreads, String... settings) {
		String[] all = Arrays.copyOf(settings, settings.length + 3);
		all[settings.length] = "spring.threads.virtual.enabled=" + virtualThreads;
		all[settings.length + 1] = "spring.main.allow-bean-definition-overriding=true";
		all[settings.length + 2] = "echo.linger.timeout=300ms";
		return TestService.start(application, all);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(EchoConfiguration.class)
	static class Application {

		private static volatile CountDownLatch entered = new CountDownLatch(0);

		private static volatile CountDownLatch release = new CountDownLatch(0);

		/** Makes the next "block" wait for {@link #release}. */
		private static void block() {
			entered = new CountDownLatch(1);
			release = new CountDownLatch(1);
		}

		@Bean
		IntegrationFlow echo(EchoConnectionFactory server) {
			return IntegrationFlow.from(Tcp.inboundGateway(server).replyTimeout(0L))
				.handle(String.class, (text, headers) -> {
					switch (text) {
						case "exception" -> throw new IllegalStateException("made to fail");
						case "error" -> throw new AssertionError("made to fail");
						case "block" -> awaitUninterruptibly();
						default -> {
						}
					}
					if (text.equals("huge")) {
						return "x".repeat(HUGE);
					}
					return text.equals("nothing") ? null : text.toUpperCase(Locale.ROOT) + " "
							+ headers.get(IpHeaders.IP_ADDRESS) + ":" + headers.get(IpHeaders.REMOTE_PORT);
				})
				.get();
		}

		private static void awaitUninterruptibly() {
			try {
				entered.countDown();
				release.await();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}

package io.tcpecho.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.integration.ip.tcp.connection.TcpConnectionInterceptorFactory;
import org.springframework.integration.ip.tcp.connection.TcpConnectionInterceptorFactoryChain;
import org.springframework.integration.ip.tcp.connection.TcpConnectionInterceptorSupport;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.GenericMessage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The library's own interceptors, before and after a reply.
 */
@ExtendWith(OutputCaptureExtension.class)
class InterceptorTests {

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
			service.factory().setInterceptorFactoryChain(chain);
			for (int i = 0; i < 10; i++) {
				assertThat(service.echo("hello")).isEqualTo("hello");
			}
			assertThat(seen).hasValue(10);
			await().until(() -> service.gauge("echo.exchange.oldest") == 0);
			await().until(() -> service.factory().getOpenConnectionIds().isEmpty());
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void anInterceptorThatFailsCostsItsConnectionAlone(boolean alsoToBegin, CapturedOutput output) throws IOException {
		try (TestService service = TestService.start()) {
			List<TcpConnectionInterceptorFactory> interceptors = new ArrayList<>();
			interceptors.add(InterceptorTests::failingToClose);
			if (alsoToBegin) {
				interceptors.add(() -> {
					throw new IllegalStateException("made to fail");
				});
			}
			TcpConnectionInterceptorFactoryChain chain = new TcpConnectionInterceptorFactoryChain();
			chain.setInterceptor(interceptors.toArray(TcpConnectionInterceptorFactory[]::new));
			service.factory().setInterceptorFactoryChain(chain);
			for (int i = 0; i < 3; i++) {
				try (TestClient client = service.connect()) {
					// One that can't be made has not been read from: a reset, or an end.
					client.write("hello");
					assertThat(HandlerTests.isReset(client) || alsoToBegin).isTrue();
				}
			}
			await().until(() -> service.factory().getOpenConnectionIds().isEmpty());
			assertThat(service.factory().availability().isReady()).isTrue();
			assertThat(service.ended(Outcome.ERROR)).isEqualTo(3);
			await().until(() -> service.factory().server().open().count() == 0);
		}
		assertThat(output).contains("made to fail");
	}

	@Test
	void anInterceptorThatFailsAfterTheHandlerCostsItsClientTheReply(CapturedOutput output) throws IOException {
		try (TestService service = TestService.start()) {
			TcpConnectionInterceptorFactoryChain chain = new TcpConnectionInterceptorFactoryChain();
			chain.setInterceptor(() -> new TcpConnectionInterceptorSupport() {
				@Override
				public void onMessage(Message<?> message) {
					super.onMessage(message);
					throw new IllegalStateException("made to fail");
				}
			});
			service.factory().setInterceptorFactoryChain(chain);
			try (TestClient client = service.connect()) {
				assertThat(HandlerTests.isReset(client.write("hello"))).isTrue();
			}
			await().until(() -> output.getAll().contains("made to fail"));
			await().until(() -> service.factory().getOpenConnectionIds().isEmpty());
			assertThat(service.ended(Outcome.ERROR)).isEqualTo(1);
			assertThat(service.ended()).isEqualTo(1);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "begin", "send", "close", "close without a message" })
	void anInterceptorThatBlocksShowsAsTheOldestExchangeUntilItReturns(String where) throws Exception {
		CountDownLatch release = new CountDownLatch(1);
		try (TestService service = TestService.start()) {
			TcpConnectionInterceptorFactoryChain chain = new TcpConnectionInterceptorFactoryChain();
			chain.setInterceptor(() -> {
				block(where.equals("begin"), release);
				return new TcpConnectionInterceptorSupport() {
					@Override
					public void send(Message<?> message) {
						block(where.equals("send"), release);
						super.send(message);
					}

					@Override
					public void close() {
						block(where.startsWith("close"), release);
						super.close();
					}
				};
			});
			service.factory().setInterceptorFactoryChain(chain);
			try (TestClient blocked = service.connect()) {
				if (where.endsWith("without a message")) {
					blocked.halfClose();
				}
				else {
					blocked.write("hello");
				}
				await().until(() -> service.gauge("echo.exchange.oldest") > 0.5);
				release.countDown();
				blocked.readAll();
			}
			finally {
				release.countDown();
			}
			await().until(() -> service.gauge("echo.exchange.oldest") == 0);
		}
	}

	static TcpConnectionInterceptorSupport failingToClose() {
		return new TcpConnectionInterceptorSupport() {
			@Override
			public void close() {
				throw new AssertionError("made to fail");
			}
		};
	}

	private static void block(boolean here, CountDownLatch release) {
		try {
			if (here) {
				release.await();
			}
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void ofTwoRepliesTheLastIsWritten() throws IOException {
		try (TestService service = TestService.start()) {
			TcpConnectionInterceptorFactoryChain chain = new TcpConnectionInterceptorFactoryChain();
			chain.setInterceptor(() -> new TcpConnectionInterceptorSupport() {
				@Override
				public void onMessage(Message<?> message) {
					send(new GenericMessage<>("first".getBytes(StandardCharsets.UTF_8)));
					super.onMessage(message);
				}
			});
			service.factory().setInterceptorFactoryChain(chain);
			assertThat(service.echo("hello")).isEqualTo("hello");
			assertThat(service.ended(Outcome.ECHOED)).isEqualTo(1);
		}
	}

	@Test
	void anInterceptorThatFailsToCloseDoesNotKeepAStopFromItsEnd(CapturedOutput output) throws Exception {
		CountDownLatch entered = new CountDownLatch(1);
		try (TestService service = TestService.start("echo.drain-timeout=0s")) {
			TcpConnectionInterceptorFactoryChain chain = new TcpConnectionInterceptorFactoryChain();
			chain.setInterceptor(InterceptorTests::failingToClose);
			service.factory().setInterceptorFactoryChain(chain);
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

}

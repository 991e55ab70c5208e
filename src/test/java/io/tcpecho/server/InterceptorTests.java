package io.tcpecho.server;

import java.io.IOException;
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
			service.factory().setInterceptorFactoryChain(chain);
			for (int i = 0; i < 3; i++) {
				try (TestClient client = service.connect()) {
					assertThat(client.write("hello").readText()).isEqualTo(alsoToBegin ? "" : "hello");
				}
			}
			await().until(() -> service.factory().getOpenConnectionIds().isEmpty());
			assertThat(service.factory().availability().isReady()).isTrue();
			assertThat(service.ended(alsoToBegin ? Outcome.ERROR : Outcome.ECHOED)).isEqualTo(3);
			await().until(() -> service.factory().server().open().count() == 0);
		}
		assertThat(output).contains("made to fail");
	}

	@Test
	void anInterceptorThatFailsAfterTheReplyIsLoggedAndCutsNothing(CapturedOutput output) throws IOException {
		try (TestService service = TestService.start("echo.linger.timeout=1m")) {
			TcpConnectionInterceptorFactoryChain chain = new TcpConnectionInterceptorFactoryChain();
			chain.setInterceptor(() -> new TcpConnectionInterceptorSupport() {
				@Override
				public void onMessage(Message<?> message) {
					super.onMessage(message);
					throw new IllegalStateException("made to fail");
				}
			});
			service.factory().setInterceptorFactoryChain(chain);
			TestClient client = service.connect();
			assertThat(client.write("hello").readText()).isEqualTo("hello");
			await().until(() -> output.getAll().contains("made to fail"));
			await().until(() -> service.factory().getOpenConnectionIds().isEmpty());
			assertThat(service.gauge("echo.connections.lingering")).isEqualTo(1);
			assertThat(service.ended(Outcome.ECHOED)).isEqualTo(1);
			assertThat(service.ended()).isEqualTo(1);
			client.close();
		}
	}

	@Test
	void anInterceptorThatFailsToCloseDoesNotKeepAStopFromItsEnd(CapturedOutput output) throws Exception {
		CountDownLatch entered = new CountDownLatch(1);
		try (TestService service = TestService.start("echo.drain-timeout=0s")) {
			TcpConnectionInterceptorFactoryChain chain = new TcpConnectionInterceptorFactoryChain();
			chain.setInterceptor(() -> new TcpConnectionInterceptorSupport() {
				@Override
				public void close() {
					throw new AssertionError("made to fail");
				}
			});
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

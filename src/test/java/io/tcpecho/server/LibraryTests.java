package io.tcpecho.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tcpecho.settings.EchoProperties;
import io.tcpecho.testing.TestClient;
import io.tcpecho.testing.TestSettings;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.context.ApplicationListener;
import org.springframework.integration.ip.tcp.connection.DefaultTcpNetConnectionSupport;
import org.springframework.integration.ip.tcp.connection.DefaultTcpNetSocketFactorySupport;
import org.springframework.integration.ip.tcp.connection.DefaultTcpSocketSupport;
import org.springframework.integration.ip.tcp.connection.TcpConnection;
import org.springframework.integration.ip.tcp.connection.TcpConnectionInterceptorFactoryChain;
import org.springframework.integration.ip.tcp.connection.TcpConnectionServerListeningEvent;
import org.springframework.integration.ip.tcp.connection.TcpSender;
import org.springframework.integration.ip.tcp.inbound.TcpInboundGateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.awaitility.Awaitility.await;

/**
 * What the library promises of a server's connection factory, and what is refused because
 * it would have no effect. Its interceptors are in {@link InterceptorTests}, its codecs
 * in {@link CodecTests}.
 */
class LibraryTests {

	@Test
	void itSaysWhereItListensFromItsStartToItsStop() {
		try (TestService service = TestService.start()) {
			TcpInboundGateway gateway = service.context().getBean(TcpInboundGateway.class);
			assertThat(gateway.isListening()).isTrue();
			assertThat(service.factory().isListening()).isTrue();
			assertThat(service.factory().getPort()).isPositive();
			assertThat(service.factory().getServerSocketAddress()).isInstanceOf(InetSocketAddress.class)
				.extracting((address) -> ((InetSocketAddress) address).getPort())
				.isEqualTo(service.factory().getPort());
			service.factory().stop();
			assertThat(gateway.isListening()).isFalse();
			assertThat(service.factory().isRunning()).isFalse();
			service.factory().start();
			assertThat(gateway.isListening()).isTrue();
		}
	}

	@Test
	void eachStartPublishesThatItListens() {
		List<Integer> ports = new CopyOnWriteArrayList<>();
		try (TestService service = TestService.start()) {
			service.context()
				.addApplicationListener(
						(ApplicationListener<TcpConnectionServerListeningEvent>) (event) -> ports.add(event.getPort()));
			service.factory().stop();
			service.factory().start();
			// From a thread of its own: that of the first start may come as late.
			await().until(() -> ports.contains(service.factory().getPort()));
			assertThat(ports).containsOnlyOnce(service.factory().getPort());
		}
	}

	@Test
	void aSenderIsToldOfEachConnectionAndOfItsEndAlsoIfItFailsToClose() throws IOException {
		Set<String> added = ConcurrentHashMap.newKeySet();
		Set<String> removed = ConcurrentHashMap.newKeySet();
		try (TestService service = TestService.start()) {
			service.factory().registerSender(new TcpSender() {
				@Override
				public void addNewConnection(TcpConnection connection) {
					added.add(connection.getConnectionId());
				}

				@Override
				public void removeDeadConnection(TcpConnection connection) {
					removed.add(connection.getConnectionId());
				}
			});
			assertThat(service.echo("hello")).isEqualTo("hello");
			try (TestClient empty = service.connect().halfClose()) {
				assertThat(empty.readAll()).isEmpty();
			}
			await().until(() -> removed.size() == 2);
			TcpConnectionInterceptorFactoryChain failing = new TcpConnectionInterceptorFactoryChain();
			failing.setInterceptor(InterceptorTests::failingToClose);
			service.factory().setInterceptorFactoryChain(failing);
			try (TestClient empty = service.connect().halfClose()) {
				assertThat(empty.readAll()).isEmpty();
			}
			await().until(() -> removed.size() == 3);
			assertThat(removed).isEqualTo(added);
		}
	}

	static Stream<Arguments> refused() throws Exception {
		EchoConnectionFactory factory = create();
		return Stream.of(
				refused("a task executor", () -> factory.setTaskExecutor(Runnable::run),
						"each connection has a virtual thread of its own"),
				refused("connection support",
						() -> factory.setTcpNetConnectionSupport(new DefaultTcpNetConnectionSupport()),
						"Set an interceptor factory chain"),
				refused("socket factory support", () -> {
					EchoConnectionFactory other = create();
					other.setTcpSocketFactorySupport(new DefaultTcpNetSocketFactorySupport() {
					});
					other.start();
				}, "For TLS set echo.ssl.bundle"), refused("socket support", () -> {
					EchoConnectionFactory other = create();
					other.setTcpSocketSupport(new DefaultTcpSocketSupport() {
					});
					other.start();
				}, "socket support would have no effect"));
	}

	private static EchoConnectionFactory create() throws IOException {
		EchoProperties properties = TestSettings.bind(Map.of("echo.port", "0"));
		return new EchoConnectionFactory(properties, 1, new Books(new SimpleMeterRegistry()), null);
	}

	private static Arguments refused(String what, ThrowingCallable call, String sentence) {
		return Arguments.of(what, call, sentence);
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("refused")
	void whatWouldHaveNoEffectIsRefused(String what, ThrowingCallable call, String sentence) {
		assertThatException().isThrownBy(call).withMessageContaining(sentence);
	}

}

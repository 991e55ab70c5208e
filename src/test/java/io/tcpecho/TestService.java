package io.tcpecho;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The whole service in this JVM, on free ports.
 */
final class TestService implements AutoCloseable {

	private final ConfigurableApplicationContext context;

	private TestService(ConfigurableApplicationContext context) {
		this.context = context;
	}

	/**
	 * @param settings as on the command line, without the dashes
	 */
	static TestService start(String... settings) {
		return start(EchoApplication.class, settings);
	}

	static TestService start(Class<?> application, String... settings) {
		List<String> arguments = new ArrayList<>(List.of("--echo.port=0", "--server.port=0"));
		Arrays.stream(settings).map("--"::concat).forEach(arguments::add);
		return new TestService(new SpringApplicationBuilder(application).run(arguments.toArray(String[]::new)));
	}

	int port() {
		return server().getPort();
	}

	int actuatorPort() {
		return ((WebServerApplicationContext) this.context).getWebServer().getPort();
	}

	EchoConnectionFactory server() {
		return this.context.getBean(EchoConnectionFactory.class);
	}

	ConfigurableApplicationContext context() {
		return this.context;
	}

	TestClient connect() throws IOException {
		return new TestClient(new Socket(InetAddress.getLoopbackAddress(), port()));
	}

	Thread listenerThread() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().equals("echo-listener-1"))
			.findFirst()
			.orElseThrow();
	}

	Duration listenerCpuTime() {
		return Duration.ofNanos(ManagementFactory.getThreadMXBean().getThreadCpuTime(listenerThread().threadId()));
	}

	MeterRegistry meters() {
		return this.context.getBean(MeterRegistry.class);
	}

	double gauge(String name) {
		return meters().get(name).gauge().value();
	}

	long accepted() {
		return (long) meters().get("echo.connections.accepted").functionCounter().count();
	}

	long ended(Outcome outcome) {
		return meters().get("echo.exchange.duration").tag("outcome", outcome.toString()).timer().count();
	}

	long ended() {
		return Arrays.stream(Outcome.values()).mapToLong(this::ended).sum();
	}

	@Override
	public void close() {
		this.context.close();
	}

}

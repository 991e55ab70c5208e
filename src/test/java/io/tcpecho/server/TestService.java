package io.tcpecho.server;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Logger;
import io.micrometer.core.instrument.MeterRegistry;
import io.tcpecho.EchoApplication;
import io.tcpecho.testing.Logged;
import io.tcpecho.testing.TestClient;
import org.slf4j.LoggerFactory;

import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The whole service in this JVM, on free ports.
 */
public final class TestService implements AutoCloseable {

	private static final Path TASKS = Path.of("/proc/self/task");

	private final ConfigurableApplicationContext context;

	/** Kept, to be asked when the context is closed. */
	private final EchoConnectionFactory factory;

	private final MeterRegistry meters;

	private TestService(ConfigurableApplicationContext context) {
		this.context = context;
		this.factory = context.getBean(EchoConnectionFactory.class);
		this.meters = context.getBean(MeterRegistry.class);
	}

	/**
	 * Starts it with an echo in the place of the application's own handler, whatever that
	 * does; with {@code echo.reply=identity} it is the application as it is.
	 * @param settings as on the command line, without the dashes
	 */
	public static TestService start(String... settings) {
		return List.of(settings).contains("echo.reply=identity") ? startApplication(settings)
				: start(new SpringApplicationBuilder(EchoApplication.class, EchoFlow.class)
					.properties("spring.main.allow-bean-definition-overriding=true"), settings);
	}

	/**
	 * Starts the application as it is, with its own handler: for tests of what it
	 * answers. Returns when it listens.
	 * @param settings as on the command line, without the dashes
	 */
	public static TestService startApplication(String... settings) {
		return start(new SpringApplicationBuilder(EchoApplication.class), settings);
	}

	private static TestService start(SpringApplicationBuilder application, String... settings) {
		return new TestService(application.properties("server.port=0", "echo.port=0")
			.run(Arrays.stream(settings).map("--"::concat).toArray(String[]::new)));
	}

	public int port() {
		return factory().getPort();
	}

	public int actuatorPort() {
		return ((WebServerApplicationContext) this.context).getWebServer().getPort();
	}

	EchoConnectionFactory factory() {
		return this.factory;
	}

	public ConfigurableApplicationContext context() {
		return this.context;
	}

	public TestClient connect() throws IOException {
		return TestClient.connect(port());
	}

	/** What a new client gets for a message. */
	public String echo(String message) throws IOException {
		try (TestClient client = connect()) {
			return client.write(message).readText();
		}
	}

	public List<TestClient> connect(int count) throws IOException {
		List<TestClient> clients = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			clients.add(connect());
		}
		return clients;
	}

	/**
	 * For how long carriers have wanted a processor, whether they got one or not: a loop
	 * that spins wants one all the time, also on a busy machine.
	 */
	public static Duration carriersRunnableTime() throws IOException {
		Duration sum = Duration.ZERO;
		try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
			for (Path task : tasks) {
				sum = sum.plus(runnableTime(task));
			}
		}
		return sum;
	}

	private static Duration runnableTime(Path task) throws IOException {
		try {
			if (Files.readString(task.resolve("comm")).startsWith("ForkJoinPool-1")) {
				// Nanoseconds it ran, and waited to run: the kernel's sched-stats.rst.
				List<String> times = List.of(Files.readString(task.resolve("schedstat")).split(" ", -1));
				return Duration.ofNanos(Long.parseLong(times.get(0)) + Long.parseLong(times.get(1)));
			}
		}
		catch (NoSuchFileException ex) {
			// The thread has ended.
		}
		return Duration.ZERO;
	}

	Thread acceptor() {
		Object server = this.factory.server();
		return (Thread) ReflectionTestUtils.getField(server, "acceptor");
	}

	public LivenessState liveness() {
		return this.context.getBean(ApplicationAvailability.class).getLivenessState();
	}

	public MeterRegistry meters() {
		return this.meters;
	}

	public double gauge(String name) {
		return meters().get(name).gauge().value();
	}

	public long accepted() {
		return (long) meters().get("echo.connections.accepted").functionCounter().count();
	}

	public long ended(String outcome) {
		return meters().get("echo.exchange.duration").tag("outcome", outcome).timer().count();
	}

	long ended(Outcome outcome) {
		return ended(outcome.toString());
	}

	public long ended() {
		return Arrays.stream(Outcome.values()).mapToLong(this::ended).sum();
	}

	/**
	 * Once it is quiet: each connection has its one end, none is our fault, and nothing
	 * was logged.
	 */
	void assertNothingAmiss(CapturedOutput output) {
		await().until(() -> accepted() == ended() && gauge("echo.connections.active") == 0);
		assertThat(ended(Outcome.ERROR)).isZero();
		Logged.assertNothingAmiss(output);
	}

	/** Returns when what was logged is printed, too, or it would be the next test's. */
	@Override
	public void close() {
		this.context.close();
		AsyncAppender queue = (AsyncAppender) ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME))
			.getAppender("QUEUE");
		await().until(() -> queue.getNumberOfElementsInQueue() == 0);
	}

}

package io.tcpecho.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Assumptions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The packaged service in a process of its own, on free ports unless told otherwise, with
 * its output and its Actuator at hand. Every wait is bounded.
 */
public final class EchoProcess implements AutoCloseable {

	private static final Duration TIMEOUT = Duration.ofMinutes(1);

	private static final Pattern ECHO_PORT = Pattern.compile("Listening on \\S+:(\\d+),");

	private static final Pattern ACTUATOR_PORT = Pattern.compile("Tomcat started on port (\\d+)");

	private final Process process;

	private final List<String> output = new CopyOnWriteArrayList<>();

	private final Thread reader;

	private final List<Socket> sockets = new ArrayList<>();

	private HttpClient http = httpClient();

	private EchoProcess(List<String> command) throws IOException {
		this(command, Map.of());
	}

	private EchoProcess(List<String> command, Map<String, String> environment) throws IOException {
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
		builder.environment().putAll(environment);
		this.process = builder.start();
		this.reader = Thread.ofVirtual().start(() -> this.process.inputReader().lines().forEach(this.output::add));
	}

	/** Starts it and returns when it is ready. */
	public static EchoProcess start(String... arguments) throws IOException {
		return launch(arguments).awaitReady();
	}

	/**
	 * Starts it with a limit on its file descriptors, and returns when it is ready.
	 */
	public static EchoProcess startWithDescriptors(int descriptors, String... arguments) throws IOException {
		List<String> command = new ArrayList<>(
				List.of("bash", "-c", "ulimit -n $0 && exec \"$@\"", String.valueOf(descriptors)));
		command.addAll(command(arguments));
		return new EchoProcess(command).awaitReady();
	}

	/**
	 * Starts it with JVM options (a file's with "@" before its name), and returns when it
	 * is ready.
	 */
	public static EchoProcess startWith(List<String> options, String... arguments) throws IOException {
		List<String> command = new ArrayList<>(options);
		command.addAll(Extracted.APPLICATION);
		return new EchoProcess(java(command, arguments)).awaitReady();
	}

	/** Starts it and returns at once. */
	public static EchoProcess launch(String... arguments) throws IOException {
		return new EchoProcess(command(arguments));
	}

	/**
	 * Starts it with variables in its environment and without a port of ours, which would
	 * override them, and returns at once.
	 */
	public static EchoProcess launch(Map<String, String> environment, String... arguments) throws IOException {
		List<String> command = command(arguments);
		command.remove("-Decho.port=0");
		if (environment.containsKey("SERVER_PORT")) {
			command.remove("-Dserver.port=0");
		}
		return new EchoProcess(command, environment);
	}

	/**
	 * Starts it without the privilege to bind ports below 1024, and returns at once. The
	 * test is skipped where root's privileges cannot be dropped.
	 */
	public static EchoProcess launchUnprivileged(String... arguments) throws IOException {
		List<String> command = command(arguments);
		if (System.getProperty("user.name").equals("root")) {
			Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")),
					"To see a privileged port refused, root needs setpriv");
			command.addAll(0, List.of("/usr/bin/setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-all"));
		}
		return new EchoProcess(command);
	}

	/** For a process that is to be looked after otherwise. */
	public static List<String> command(String... arguments) {
		return java(Extracted.APPLICATION, arguments);
	}

	private static List<String> java(List<String> application, String... arguments) {
		// System properties, which arguments override: two arguments for one property
		// would be joined.
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
						"-XX:+UseSerialGC", "-Decho.port=0", "-Dserver.port=0"));
		command.addAll(application);
		command.addAll(List.of(arguments));
		return command;
	}

	private static HttpClient httpClient() {
		return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();
	}

	public EchoProcess awaitReady() {
		try {
			await().atMost(TIMEOUT)
				.pollInterval(Duration.ofMillis(50))
				.until(() -> !this.process.isAlive() || (isPrinted(ACTUATOR_PORT) && get("health/readiness") == 200));
			assertThat(this.process.isAlive()).as(this::text).isTrue();
			return this;
		}
		catch (Throwable ex) {
			close();
			throw ex;
		}
	}

	public long pid() {
		return this.process.pid();
	}

	public int port() {
		return printed(ECHO_PORT);
	}

	public int actuatorPort() {
		return printed(ACTUATOR_PORT);
	}

	/** What it has printed so far. */
	public List<String> output() {
		return List.copyOf(this.output);
	}

	/** What it has printed so far that contains the text. */
	public List<String> output(String text) {
		return this.output.stream().filter((line) -> line.contains(text)).toList();
	}

	/** The same as {@link #output()}, to be shown. */
	public String text() {
		return String.join("\n", this.output);
	}

	/**
	 * Asks Actuator on a new connection from now on; otherwise it is one and the same, as
	 * long as Tomcat keeps it.
	 */
	public void reconnect() {
		this.http.shutdownNow();
		this.http = httpClient();
	}

	/** The status of an Actuator endpoint. */
	public int get(String endpoint) throws IOException, InterruptedException {
		return response(endpoint).statusCode();
	}

	public HttpResponse<String> response(String endpoint) throws IOException, InterruptedException {
		URI uri = URI.create("http://%s:%d/actuator/%s".formatted(InetAddress.getLoopbackAddress().getHostAddress(),
				actuatorPort(), endpoint));
		return this.http.send(HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(),
				HttpResponse.BodyHandlers.ofString());
	}

	/** The value of a series as Prometheus scrapes it. */
	public double metric(String series) throws IOException, InterruptedException {
		return response("prometheus").body()
			.lines()
			.filter((line) -> line.startsWith(series + " "))
			.map((line) -> Double.parseDouble(line.substring(series.length())))
			.findFirst()
			.orElseThrow(() -> new AssertionError("There is no series " + series));
	}

	/** How many exchanges have ended so. */
	public double ended(String outcome) throws IOException, InterruptedException {
		return metric("echo_exchange_duration_seconds_count{outcome=\"%s\"}".formatted(outcome));
	}

	public void assertNothingAmiss() {
		assertThat(output()).noneMatch((line) -> line.contains("WARN") || line.contains("ERROR"));
	}

	public Socket connect() throws IOException {
		return connect(port());
	}

	/** Clients of either port, whose sockets are closed with this. */
	public List<Socket> connect(int port, int count) throws IOException {
		List<Socket> connected = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			connected.add(connect(port));
			this.sockets.add(connected.getLast());
		}
		return connected;
	}

	public static Socket connect(int port) throws IOException {
		Socket socket = new Socket();
		try {
			socket.setSoTimeout((int) TIMEOUT.toMillis());
			socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), (int) TIMEOUT.toMillis());
			return socket;
		}
		catch (IOException ex) {
			socket.close();
			throw ex;
		}
	}

	/** What a new client gets for a message. */
	public String echo(String message) throws IOException {
		try (Socket socket = connect()) {
			return exchange(socket, message);
		}
	}

	/** Sends a message and returns all that comes until the end of the stream. */
	public static String exchange(Socket socket, String message) throws IOException {
		send(socket, message);
		return receive(socket);
	}

	public static void send(Socket socket, String message) throws IOException {
		socket.getOutputStream().write(message.getBytes(StandardCharsets.UTF_8));
	}

	public static String receive(Socket socket) throws IOException {
		return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
	}

	/** Sends SIGTERM. */
	public void terminate() {
		// Not Process::destroy: it closes the stream of what is still to be printed.
		this.process.toHandle().destroy();
	}

	/** Waits for its end, and for the last line it has printed. */
	public int awaitExit(Duration timeout) throws InterruptedException {
		assertThat(this.process.waitFor(timeout)).as(() -> "It goes on:\n" + text()).isTrue();
		assertThat(this.reader.join(TIMEOUT)).isTrue();
		return this.process.exitValue();
	}

	@Override
	public void close() {
		this.http.shutdownNow();
		this.process.toHandle().destroyForcibly();
		for (Socket socket : this.sockets) {
			try {
				socket.close();
			}
			catch (IOException ex) {
				// Its process has ended.
			}
		}
	}

	private boolean isPrinted(Pattern pattern) {
		return this.output.stream().anyMatch((line) -> pattern.matcher(line).find());
	}

	private int printed(Pattern pattern) {
		return this.output.stream()
			.map(pattern::matcher)
			.filter(Matcher::find)
			.map((matcher) -> Integer.parseInt(matcher.group(1)))
			.findFirst()
			.orElseThrow(() -> new AssertionError("It has not printed " + pattern + ":\n" + text()));
	}

	/**
	 * A port that nobody has, below those that the kernel hands out: a client that
	 * connects to one of its own could be given the same one and meet itself.
	 */
	public static int closedPort() throws IOException {
		for (int i = 0; i < 100; i++) {
			int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
			try (ServerSocket free = new ServerSocket(port)) {
				return free.getLocalPort();
			}
			catch (IOException ex) {
				// Taken: another one.
			}
		}
		throw new IOException("No free port");
	}

}

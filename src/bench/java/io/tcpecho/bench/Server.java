package io.tcpecho.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.net.SocketFactory;

import io.tcpecho.bench.NettyEcho.Transport;

/**
 * A server to be measured.
 *
 * @param name as in the report
 * @param what it is, in a few words
 * @param launcher what starts it
 * @param sockets of its clients, plain or with TLS
 */
record Server(String name, String what, Launcher launcher, SocketFactory sockets) {

	/** What the others are compared with. */
	static final String BASELINE = "tcp-echo";

	/** The same of servers with TLS. */
	static final String TLS_BASELINE = "tcp-echo, TLS";

	/** What a server reads at once, in bytes. */
	private static final String LIMIT = String.valueOf(Scenario.MESSAGE_SIZE);

	private static final String CLASS_PATH = Benchmark.property("java.class.path");

	/** One without TLS. */
	Server(String name, String what, Launcher launcher) {
		this(name, what, launcher, SocketFactory.getDefault());
	}

	@FunctionalInterface
	interface Launcher {

		/**
		 * The command of a server that listens on the port and echoes one read, of at
		 * most {@link Server#LIMIT}. One that is no JVM ignores the options.
		 */
		List<String> command(List<String> jvmOptions, String port);

	}

	/**
	 * All that this machine can run.
	 * @param jar of tcp-echo
	 * @param output where a program can be compiled to
	 */
	static List<Server> all(String jar, Path output) throws IOException {
		List<Server> servers = new ArrayList<>();
		servers.add(tcpEcho(jar, BASELINE, "the packaged jar, with Actuator and metrics"));
		servers.add(wired("wired", "Spring Integration as its manual has it, with Actuator and metrics", false));
		servers.add(wired("wired, virtual threads", "the same with a virtual thread for each client", true));
		Arrays.stream(Transport.values()).filter(Transport::isAvailable).map(Server::netty).forEach(servers::add);
		servers.add(new Server("virtual threads",
				"a `ServerSocket`, a virtual thread for each client, and nothing else", (options, port) -> java(options,
						"-cp", elements("bench-classes"), VirtualThreadsEcho.class.getName(), port, "1024", LIMIT)));
		Path go = output.resolve("go");
		if (compile("Go", go, "go", "build", "-C", "src/bench/go", "-buildvcs=false", "-o", go.toString())) {
			String version = Machine.output("go", "env", "GOVERSION").getFirst().replace("go", "Go ");
			servers.add(new Server("Go", version + ", a goroutine for each client, which closes as tcp-echo does",
					// As long as tcp-echo waits for silent clients here.
					(options, port) -> List.of(go.toString(), port, LIMIT, "30m")));
		}
		Path floor = output.resolve("floor");
		if (compile("floor", floor, "cc", "-O2", "-o", floor.toString(), "src/bench/c/floor.c")) {
			servers.add(new Server("floor",
					"C on epoll, one thread, which half-closes and 10 ms later closes, and nothing else",
					(options, port) -> List.of(floor.toString(), port, "1024", LIMIT)));
		}
		// Not what PATH has, which may be a script that looks for one first.
		List<String> python = Machine.output("python3", "-c",
				"import platform, sys; print(sys.executable, platform.python_version(), sep='\\n')");
		if (python.size() == 2) {
			Stream.of("5", "1024")
				.map((backlog) -> new Server("seed, backlog " + backlog,
						"ten lines of Python " + python.get(1) + ", one client at a time",
						(options, port) -> List.of(python.get(0), "src/bench/python/echo.py", port, backlog, LIMIT)))
				.forEach(servers::add);
		}
		else {
			Benchmark.say("seed is skipped: there is no python3");
		}
		return servers;
	}

	/** Those that are measured with TLS, too; call {@link #all} before, for Go. */
	static List<Server> withTls(String jar, Path output, Certificate certificate) {
		List<Server> servers = new ArrayList<>();
		String pem = "--spring.ssl.bundle.pem.echo.keystore.";
		Server tcpEcho = tcpEcho(jar, TLS_BASELINE, "the packaged jar", "--echo.ssl.bundle=echo",
				pem + "certificate=file:" + certificate.file(), pem + "private-key=file:" + certificate.key());
		servers.add(new Server(tcpEcho.name(), tcpEcho.what(), tcpEcho.launcher(), certificate.sockets()));
		Path go = output.resolve("go");
		if (Files.isExecutable(go)) {
			Launcher launcher = (options, port) -> List.of(go.toString(), port, LIMIT, "30m",
					certificate.file().toString(), certificate.key().toString());
			servers.add(new Server("Go, TLS", "the same as Go, with crypto/tls", launcher, certificate.sockets()));
		}
		return servers;
	}

	/** Tells whether this machine has what compiles it. */
	private static boolean compile(String name, Path program, String... command) throws IOException {
		// Else one from before would be measured.
		Files.deleteIfExists(program);
		Machine.output(command);
		boolean compiled = Files.isExecutable(program);
		if (!compiled) {
			Benchmark.say("%s is skipped, because there is no %s or it fails: %s".formatted(name, command[0],
					String.join(" ", command)));
		}
		return compiled;
	}

	/**
	 * The packaged jar.
	 * @param settings beside those that all measurements need
	 */
	static Server tcpEcho(String jar, String name, String what, String... settings) {
		// The limit is above 10,000 because connections that linger count, too.
		return new Server(name, what,
				(options, port) -> Stream
					.concat(java(options, "-Decho.read-timeout=30m", "-jar", jar, "--echo.port=" + port,
							"--echo.max-message-size=" + LIMIT + "B", "--echo.max-connections=12000", "--server.port=0")
						.stream(), Stream.of(settings))
					.toList());
	}

	private static Server wired(String name, String what, boolean virtual) {
		return new Server(name, what,
				(options, port) -> java(options, "-cp", CLASS_PATH, WiredEcho.class.getName(), "--wired.port=" + port,
						"--wired.backlog=1024", "--wired.limit=" + LIMIT, "--wired.virtual=" + virtual,
						"--server.port=0", "--spring.config.name=wired"));
	}

	private static Server netty(Transport transport) {
		String name = switch (transport) {
			case NIO -> "Netty";
			case EPOLL -> "Netty, epoll";
			case IO_URING -> "Netty, io_uring";
		};
		String what = switch (transport) {
			case NIO -> "plain Netty on its NIO transport, and nothing else";
			case EPOLL -> "the same on its native epoll transport";
			case IO_URING -> "the same on its native io_uring transport";
		};
		return new Server(name, what, (options, port) -> java(options, "--enable-native-access=ALL-UNNAMED", "-cp",
				elements("bench-classes", "netty-"), NettyEcho.class.getName(), port, "1024", LIMIT, transport.name()));
	}

	private static List<String> java(List<String> options, String... arguments) {
		return Stream
			.of(List.of(Path.of(Benchmark.property("java.home"), "bin", "java").toString()), options,
					List.of(arguments))
			.flatMap(List::stream)
			.toList();
	}

	/** The elements of the class path whose file name begins with one of these. */
	private static String elements(String... names) {
		return Arrays.stream(CLASS_PATH.split(File.pathSeparator))
			.filter((element) -> Arrays.stream(names)
				.anyMatch((name) -> String.valueOf(Path.of(element).getFileName()).startsWith(name)))
			.collect(Collectors.joining(File.pathSeparator));
	}

}

package io.tcpecho.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A program that others wrote. Where it is not installed the test that needs it is
 * skipped, and says so.
 */
public final class Tool {

	private static final long TIMEOUT_SECONDS = 30;

	private static final Pattern ADDRESS = Pattern.compile("Listening on\" address=(\\S+)");

	private Tool() {
	}

	/** What it printed, both streams together, and how it ended. */
	public record Result(int exitCode, String output) {
	}

	/** A server, on a port of its own choice. */
	public record Server(Process process, String address) implements AutoCloseable {

		@Override
		public void close() {
			// Not Process::destroyForcibly: it closes the stream that is still read.
			this.process.toHandle().destroyForcibly();
			this.process.onExit().join();
		}

	}

	/** Runs it to its end; an empty input ends its standard input at once. */
	public static Result run(String input, List<String> names, String... arguments) throws Exception {
		Process process = start(names, arguments);
		Thread.ofVirtual().start(() -> {
			try (var out = process.outputWriter()) {
				out.write(input);
			}
			catch (IOException ex) {
				// It ended early: its output says why.
			}
		});
		String output = process.inputReader().readAllAsString();
		assertThat(process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();
		return new Result(process.exitValue(), output);
	}

	/** Starts a server and returns when it listens. */
	public static Server serve(List<String> names, String... arguments) throws Exception {
		Process process = start(names,
				Stream.concat(Arrays.stream(arguments), Stream.of("--web.listen-address=127.0.0.1:0"))
					.toArray(String[]::new));
		StringBuilder log = new StringBuilder();
		var reader = process.inputReader();
		for (String line = reader.readLine(); line != null; line = reader.readLine()) {
			Matcher matcher = ADDRESS.matcher(line);
			if (matcher.find()) {
				Thread.ofVirtual().start(() -> reader.lines().forEach((_) -> {
				}));
				return new Server(process, matcher.group(1));
			}
			log.append(line).append('\n');
		}
		throw new AssertionError("%s does not listen:\n%s".formatted(names, log));
	}

	/** Starts a server that has been told where to listen, and returns when it does. */
	public static Server serve(int port, List<String> names, String... arguments) throws Exception {
		Process process = start(names, arguments);
		List<String> log = new CopyOnWriteArrayList<>();
		Thread.ofVirtual().start(() -> process.inputReader().lines().forEach(log::add));
		try {
			await().atMost(Duration.ofSeconds(TIMEOUT_SECONDS))
				.ignoreExceptionsInstanceOf(IOException.class)
				.until(() -> {
					assertThat(process.isAlive()).as("%s has ended:\n%s", names, log).isTrue();
					EchoProcess.connect(port).close();
					return true;
				});
		}
		catch (Throwable ex) {
			process.toHandle().destroyForcibly();
			throw ex;
		}
		return new Server(process, "127.0.0.1:" + port);
	}

	private static Process start(List<String> names, String... arguments) throws IOException {
		Stream<Path> directories = Arrays.stream(System.getenv("PATH").split(":", -1)).map(Path::of);
		Path program = directories.flatMap((directory) -> names.stream().map(directory::resolve))
			.filter(Files::isExecutable)
			.findFirst()
			.orElseGet(() -> skip(String.join(" or ", names)));
		List<String> command = Stream.concat(Stream.of(program.toString()), Arrays.stream(arguments)).toList();
		return new ProcessBuilder(command).redirectErrorStream(true).start();
	}

	private static Path skip(String names) {
		String message = "Skipped: there is no %s on the PATH (Debian's packages: see .ci/run)".formatted(names);
		// Maven shows how many tests were skipped, and not why.
		System.err.println(message);
		return Assumptions.abort(message);
	}

}

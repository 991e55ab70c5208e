package io.tcpecho.send;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code send} of the packaged jar in a process of its own. It seldom lives long, and
 * with the quick compiler it takes half as much processor time.
 */
final class SendProcess {

	static final Path JAR = Path.of(System.getProperty("tcp-echo.jar"));

	private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

	private SendProcess() {
	}

	/** Its command line, with options of the JVM. */
	static List<String> command(List<String> options, String... arguments) {
		List<String> command = new ArrayList<>(List.of(JAVA.toString(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
		command.addAll(options);
		command.addAll(List.of("-jar", JAR.toString(), "send"));
		command.addAll(List.of(arguments));
		return command;
	}

	static Process start(String... arguments) throws IOException {
		return start(List.of(), arguments);
	}

	static Process start(List<String> options, String... arguments) throws IOException {
		return new ProcessBuilder(command(options, arguments)).start();
	}

	/** One that SIGINT reaches, where there is GNU env. */
	static Process startInterruptible(String... arguments) throws IOException {
		// A build in the background of a shell ignores it, and its children would, too.
		List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
		command.addAll(command(List.of(), arguments));
		return new ProcessBuilder(command).start();
	}

	static void signal(Process process, String signal) throws Exception {
		new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
	}

}

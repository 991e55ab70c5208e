package io.tcpecho.send;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Drives the launcher that the build leaves, and the jar where Java is too old.
 */
@Timeout(60)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "needs a shell")
class LauncherIT {

	private static final Path JAR = Path.of(System.getProperty("tcp-echo.jar"));

	private static final Path LAUNCHER = JAR.resolveSibling("tcp-echo");

	private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));

	/** Without any Java but the one that it has written down. */
	private static Process run(Path launcher, Map<String, String> environment, String... args) throws IOException {
		List<String> command = new ArrayList<>(List.of("/bin/sh", launcher.toString()));
		command.addAll(List.of(args));
		ProcessBuilder builder = new ProcessBuilder(command);
		builder.environment().remove("JAVA_HOME");
		builder.environment().putAll(environment);
		return builder.start();
	}

	private static Process run(String... args) throws IOException {
		return run(LAUNCHER, Map.of(), args);
	}

	@Test
	void isExecutable() {
		assertThat(LAUNCHER).isExecutable();
	}

	@Test
	void sends() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Process process = run("send", "-p", Integer.toString(peer.port()), "it's me");
			assertThat(process.inputReader().readAllAsString()).isEqualTo("it's me");
			assertThat(process.waitFor()).isEqualTo(0);
		}
	}

	@Test
	void serves() throws Exception {
		Process process = run("--echo.port=0", "--server.port=0");
		try {
			assertThat(process.inputReader().lines().anyMatch((line) -> line.contains("Listening on"))).isTrue();
		}
		finally {
			process.destroyForcibly();
		}
	}

	@Test
	void helps() throws Exception {
		assertThat(run("--help").inputReader().readAllAsString()).contains("Usage: tcp-echo");
		assertThat(run("--version").inputReader().readAllAsString().strip().replace(' ', '-') + ".jar")
			.isEqualTo(JAR.getFileName().toString());
	}

	@Test
	void refusesWhatIsNoCommand() throws Exception {
		Process process = run("sned", "hello");
		assertThat(process.errorReader().readAllAsString()).contains("Did you mean send");
		assertThat(process.waitFor()).isEqualTo(2);
	}

	@Test
	void worksThroughALink(@TempDir Path directory) throws Exception {
		Path link = Files.createSymbolicLink(directory.resolve("echo"), LAUNCHER.toAbsolutePath());
		assertThat(run(link, Map.of(), "--version").inputReader().readAllAsString()).startsWith("tcp-echo ");
		// JUnit would, and warn that it leads out of the directory.
		Files.delete(link);
	}

	@Test
	void withoutItsJdkItTakesJavaHomeAndThenThePath(@TempDir Path directory) throws Exception {
		Files.copy(JAR, directory.resolve(JAR.getFileName()));
		Path launcher = Files.writeString(directory.resolve("tcp-echo"),
				Files.readString(LAUNCHER).replaceFirst("java='.*'", "java='/nowhere/bin/java'"));
		assertThat(run(launcher, Map.of("JAVA_HOME", JAVA_HOME.toString()), "--version").waitFor()).isEqualTo(0);
		String path = JAVA_HOME.resolve("bin") + File.pathSeparator + System.getenv("PATH");
		assertThat(run(launcher, Map.of("PATH", path), "--version").waitFor()).isEqualTo(0);
	}

	@Test
	void anOlderJavaIsToldWhichIsNeeded() throws Exception {
		Optional<Path> older;
		try (Stream<Path> homes = Files.list(JAVA_HOME.getParent())) {
			older = homes.filter((home) -> home.getFileName().toString().matches(".*\\b(17|21)\\b.*"))
				.map((home) -> home.resolve("bin/java"))
				.filter(Files::isExecutable)
				.findFirst();
		}
		Assumptions.assumeTrue(older.isPresent(), "There is no Java 17 or 21 beside the one of the build");
		Process process = new ProcessBuilder(older.orElseThrow().toString(), "-jar", JAR.toString(), "send", "hello")
			.start();
		assertThat(process.errorReader().lines()).singleElement()
			.asString()
			.matches("tcp-echo needs Java 25, and /.* is Java (17|21)\\.");
		assertThat(process.waitFor()).isEqualTo(1);
	}

}

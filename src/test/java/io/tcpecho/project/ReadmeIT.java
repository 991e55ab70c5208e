package io.tcpecho.project;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import io.tcpecho.testing.EchoProcess;
import io.tcpecho.testing.Tool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a reader of the README would type: every command that can run on one machine runs
 * here, against a service on free ports. Its example of another service is
 * {@code .ci/another-service}'s.
 */
@Timeout(300)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "needs a shell")
class ReadmeIT {

	private static final Path README = Path.of("README.md");

	private static final String MAVEN = "would build this project within its own build";

	private static final String CLUSTER = "needs a cluster and a registry";

	/** Whatever is not here is run. */
	private static final Map<String, String> NOT_RUN = Map.of("./mvnw spring-boot:run", MAVEN,
			"./mvnw spring-boot:run -Dspring-boot.run.arguments=--echo.port=7000", MAVEN,
			"./mvnw -q package -DskipTests", MAVEN, "./mvnw verify -DexcludedGroups=echo", MAVEN,
			"./mvnw -Pbench verify", "takes half an hour",
			"docker build -f src/main/docker/Dockerfile -t registry.example.com/tcp-echo:1.0.0-SNAPSHOT .",
			"needs base images from their registries", "docker push registry.example.com/tcp-echo:1.0.0-SNAPSHOT",
			CLUSTER, "helm install echo helm/tcp-echo --set image.repository=registry.example.com/tcp-echo", CLUSTER,
			"helm test echo --logs", CLUSTER);

	private static EchoProcess service;

	@BeforeAll
	static void start() throws IOException {
		service = EchoProcess.start();
	}

	@AfterAll
	static void stop() {
		service.close();
	}

	/** A command, and what the README shows as its output, if it does. */
	record Command(String line, String output) {

		@Override
		public String toString() {
			return this.line;
		}

	}

	@Tag("echo")
	@ParameterizedTest
	@MethodSource
	void aCommandOfTheReadmeDoesWhatItSays(Command command) throws Exception {
		if (command.line().contains("| nc ")) {
			Tool.Result found = Tool.run("", List.of("bash"), "-c", "command -v nc");
			Assumptions.assumeTrue(found.exitCode() == 0, "nc is not installed");
		}
		Tool.Result result = Tool.run("", List.of("bash"), "-o", "pipefail", "-c", onFreePorts(command.line()));
		assertThat(result.exitCode()).as(result.output()).isZero();
		assertThat(result.output()).contains(command.output());
	}

	static List<Command> aCommandOfTheReadmeDoesWhatItSays() throws IOException {
		return commands().stream().filter((command) -> !NOT_RUN.containsKey(command.line())).toList();
	}

	@Test
	void whatIsNotRunIsInTheReadme() throws IOException {
		assertThat(commands()).extracting(Command::line).containsAll(NOT_RUN.keySet());
	}

	private static String onFreePorts(String command) throws IOException {
		try (ServerSocket free = new ServerSocket(0)) {
			String port = String.valueOf(service.port());
			return command.replace("localhost 23000", "localhost " + port)
				.replace("localhost:8080", "localhost:" + service.actuatorPort())
				.replace("tcp-echo send -p 23001", "tcp-echo send -p " + free.getLocalPort())
				.replaceFirst("tcp-echo send (?!-p )", "tcp-echo send -p " + port + " ");
		}
	}

	private static List<Command> commands() throws IOException {
		List<Command> commands = new ArrayList<>();
		for (String block : fenced()) {
			if (!block.startsWith("$ ")) {
				block.lines().forEach((line) -> commands.add(command(line, "")));
				continue;
			}
			for (String shown : block.substring(2).split("\n\\$ ", -1)) {
				String[] parts = shown.split("\n", 2);
				commands.add(command(parts[0], parts[1].strip()));
			}
		}
		Pattern.compile("`(\\./mvnw [^`\n]+)`")
			.matcher(Files.readString(README))
			.results()
			.forEach((inline) -> commands.add(command(inline.group(1), "")));
		return commands;
	}

	private static Command command(String line, String output) {
		return new Command(line.replaceFirst(" +# .*", ""), output);
	}

	private static List<String> fenced() throws IOException {
		return Pattern.compile("^```(\\w*)\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL)
			.matcher(Files.readString(README))
			.results()
			.filter((block) -> block.group(1).isEmpty())
			.map((block) -> block.group(2))
			.toList();
	}

}

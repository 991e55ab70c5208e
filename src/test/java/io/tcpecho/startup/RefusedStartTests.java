package io.tcpecho.startup;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.tcpecho.server.TestService;
import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.Logged;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * What a start refuses, and what it says then. What takes a process of its own is in
 * ProcessStartIT.
 */
@ExtendWith(OutputCaptureExtension.class)
class RefusedStartTests {

	/** Actuator's before the echo port opens, as each failure here. */
	@ParameterizedTest
	@CsvSource({ "echo.port, The service", "server.port, Actuator" })
	void aTakenPortEndsTheStartAndTheMessageSaysWhatToDo(String property, String who, CapturedOutput output)
			throws Exception {
		try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			int port = taken.getLocalPort();
			assertThat(failureOfStart(output, "%s=%d".formatted(property, port))).contains(
					"%s cannot listen on port %d: Address already in use.".formatted(who, port),
					"\"%s\" on the command line".formatted(property), "Take another " + property,
					"ss -ltnp \"sport = :%d\"".formatted(port));
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			echo.address=192.0.2.1      | The service cannot listen on 192.0.2.1: Cannot assign requested address.
			echo.address=a.name.invalid | The service cannot listen on a.name.invalid: Unknown host.
			server.address=192.0.2.1    | Actuator cannot listen on 192.0.2.1: Cannot assign requested address.
			server.port=80000           | server.port is "80000", and must be 0 to 65535.
			""")
	void anAddressThatIsNotOursEndsTheStartAndTheMessageSaysWhatToDo(String setting, String message,
			CapturedOutput output) {
		assertThat(failureOfStart(output, setting)).contains(message,
				"\"%s\" on the command line".formatted(setting.split("=", 2)[0]), "Correct ");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					echo.port=70000            | echo.port is "70000", and must be 0 to 65535.
					echo.port=http             | echo.port is "http", and must be a whole number, 2147483647 at most.
					server.port=http           | server.port is "http", and must be a whole number, 2147483647 at most.
					echo.max-message-size=0B   | echo.max-message-size is "0B", and must be 1B to 16KB.
					echo.max-message-size=100  | echo.max-message-size is "100", and needs a unit: 100B or 100KB.
					echo.linger.timeout=-1s    | echo.linger.timeout is "-1s", and must be 0s to 24h.
					echo.read-timeout=2400000h | echo.read-timeout is "2400000h", and must be 100ms to 24h.
					echo.read-timeout=soon     | echo.read-timeout is "soon", and must be a time, such as 500ms or 10s.
					echo.read-timeout=10       | echo.read-timeout is "10", and needs a unit: 10ms or 10s.
					echo.reply=nothing         | echo.reply is "nothing", and must be one of [message, identity].
					echo.drain-timeout=        | echo.drain-timeout is "", and must not be empty.
					echo.address=${NOT_SET}    | echo.address is "${NOT_SET}", and refers to what is not set.
					echo.prot=1                | echo.prot is no setting.
					port=24500                 | port is no setting.
					ehco.port=24507            | ehco.port is no setting.
					ecco.linger.timeout=1s     | ecco.linger.timeout is no setting.
					eecho.port=24507           | eecho.port is no setting.
					management.server.port=7   | management.server.port is "7", and must not be set, for server.port is Actuator's.
					""")
	void aBadSettingEndsTheStartAndTheMessageNamesIt(String setting, String message, CapturedOutput output) {
		assertThat(failureOfStart(output, setting)).contains(message,
				"It was set by \"%s\" on the command line.".formatted(setting.split("=", 2)[0]));
	}

	@Test
	void aBadSettingInAFileIsShownWithItsLine(@TempDir Path directory, CapturedOutput output) throws Exception {
		Path file = Files.writeString(directory.resolve("mine.yaml"), """
				# Mine
				echo:
				  read-timeout: 0s
				""");
		assertThat(failureOfStart(output, "spring.config.additional-location=file:" + file))
			.contains("echo.read-timeout is \"0s\", and must be 100ms to 24h.", "mine.yaml", "3:");
	}

	@Test
	void brokenYamlIsShownWithItsLine(@TempDir Path directory, CapturedOutput output) throws Exception {
		Path file = Files.writeString(directory.resolve("mine.yaml"), "echo:\n  port: 7\n bad: [\n");
		assertThat(failureOfStart(output, "spring.config.additional-location=file:" + file)).contains("mine.yaml",
				"is no YAML: line 3, column 2", "Correct that line");
	}

	@Test
	void aFileThatIsNoTextIsNamed(@TempDir Path directory, CapturedOutput output) throws Exception {
		Path file = Files.writeString(directory.resolve("mine.yaml"), "echo:\n  port: \0\n");
		assertThat(failureOfStart(output, "spring.config.additional-location=file:" + file)).contains("mine.yaml",
				"is no YAML: ");
	}

	@Test
	void aBundleThatCannotBeWatchedEndsTheStartAndTheMessageSaysWhatToDo(CapturedOutput output) {
		assertThat(failureOfStart(output,
				"spring.application.json={\"spring.ssl.bundle.pem.any\": {\"reload-on-update\": true, \"keystore.certificate\": \"file:nowhere\"}}"))
			.contains("A bundle of certificates can't be used: ", "nowhere' is neither a file nor a directory",
					"Correct the settings of spring.ssl.bundle");
	}

	@Tag("tls")
	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			none | ''                                                        | cannot be found
			echo | keystore.certificate=nowhere, keystore.private-key=ca.pem | No such file or directory
			echo | keystore.certificate=ca.pem, keystore.private-key=ca.pem  | Missing private key
			echo | truststore.certificate=ca.pem                             | it has no key
			""")
	void aBundleThatCannotBeUsedEndsTheStartAndTheMessageSaysWhatToDo(String name, String files, String reason,
			CapturedOutput output, @TempDir Path directory) throws Exception {
		List<String> settings = new ArrayList<>(List.of("echo.ssl.bundle=" + name));
		if (!files.isEmpty()) {
			new Certificates(directory);
			for (String file : files.split(", ", -1)) {
				settings.add("spring.ssl.bundle.pem.echo." + file.replace("=", "=file:" + directory + "/"));
			}
		}
		assertThat(failureOfStart(output, settings.toArray(String[]::new))).contains(
				"echo.ssl.bundle is \"%s\", which can't be used: ".formatted(name), reason,
				"Correct spring.ssl.bundle.pem." + name);
	}

	private static String failureOfStart(CapturedOutput output, String... settings) {
		assertThatException().isThrownBy(() -> TestService.start(settings));
		Logged.flush(output);
		return failure(output.getAll());
	}

	/**
	 * What is printed last by a start that fails: a few lines without a stack trace, a
	 * class name or Java's way to write a value. The port has not been open.
	 */
	static String failure(String text) {
		assertThat(text).doesNotContain(" WARN ", "Listening on").contains("APPLICATION FAILED TO START");
		String failure = text.substring(text.indexOf("APPLICATION FAILED TO START"));
		assertThat(failure.replace("java.io.tmpdir", "")).doesNotContain("Exception", "java.", "springframework",
				"Bindable", "PT", "\tat ");
		assertThat(failure.lines().filter((line) -> !line.isBlank() && !line.contains(" INFO ")))
			.hasSizeLessThanOrEqualTo(8);
		return failure;
	}

}

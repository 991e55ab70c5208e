package io.tcpecho.startup;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

import io.netty.pkitesting.CertificateBuilder;
import io.tcpecho.server.TestService;
import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.Logged;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * A start that fails shows neither a key nor a password, however it was given.
 */
@Tag("tls")
@ExtendWith(OutputCaptureExtension.class)
class SecretsTests {

	@TempDir
	private static Path directory;

	private static Certificates certificates;

	private static String pem;

	private static String base64;

	@BeforeAll
	static void sign() throws Exception {
		certificates = new Certificates(directory).sign("server", CertificateBuilder::rsa2048);
		pem = Files.readString(certificates.key("server"));
		base64 = pem.replaceAll("-----.*-----|\\s", "");
	}

	@ParameterizedTest
	@ValueSource(strings = { "base64", "cut off", "bare", "bare, as a file", "misspelt" })
	void aKeyIsHidden(String form, CapturedOutput output) {
		String encoded = "64:" + Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.UTF_8));
		String key = switch (form) {
			// Which can't be reloaded.
			case "base64" -> "base" + encoded;
			case "cut off" -> pem.substring(0, 800);
			case "bare" -> base64;
			case "bare, as a file" -> "file:" + base64;
			default -> "bas" + encoded;
		};
		String bundle = "spring.ssl.bundle.pem.echo.";
		refuse(output, "echo.ssl.bundle=echo", bundle + "reload-on-update=true",
				bundle + "keystore.certificate=file:" + certificates.certificate("server"),
				bundle + "keystore.private-key=" + key);
		if (!form.equals("base64")) {
			refuse(output, "server.ssl.certificate=file:" + certificates.certificate("server"),
					"server.ssl.certificate-private-key=" + key);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.ssl.bundle.jks.echo.key=geheim", "spring.ssl.bundle.jks.echo.keystore=geheim",
			"server.ssl=geheim", "echo.ssl.keystore-password=geheim", "spring.application.json={\"password\": geheim}",
			"spring.application.json=\"geheim\"" })
	void aPasswordIsHidden(String setting, CapturedOutput output) {
		assertThat(refuse(output, setting)).doesNotContain("geheim");
	}

	@ParameterizedTest
	@ValueSource(strings = { "*geheim", "!geheim x", "!geheim!x y", "!!int geheim", "!!timestamp geheim", "{geheim",
			"\"geheim\\q\"" })
	void aPasswordInBrokenYamlIsHidden(String value, CapturedOutput output) throws Exception {
		Path file = Files.writeString(directory.resolve("broken.yaml"), "password: " + value + "\n");
		assertThat(refuse(output, "spring.config.additional-location=file:" + file)).contains("is no YAML: ")
			.doesNotContain("geheim");
	}

	private static String refuse(CapturedOutput output, String... settings) {
		int before = output.getAll().length();
		assertThatException().isThrownBy(() -> TestService.start(settings));
		Logged.flush(output);
		String text = output.getAll().substring(before);
		for (int i = 0; i + 24 <= base64.length(); i += 24) {
			assertThat(text).doesNotContain(base64.substring(i, i + 24));
		}
		assertThat(text).contains("APPLICATION FAILED TO START").doesNotContain("\tat ");
		return text;
	}

}

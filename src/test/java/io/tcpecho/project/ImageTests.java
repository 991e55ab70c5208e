package io.tcpecho.project;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.tcpecho.testing.TestSettings;
import org.junit.jupiter.api.Test;

import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the image's files say of the application is so.
 */
class ImageTests {

	private static final Path DIRECTORY = Path.of("src/main/docker");

	@Test
	void thePortsAreTheApplications() throws IOException {
		int echoPort = TestSettings.ofApplication(Map.of()).port();
		int actuatorPort = TestSettings.application(Map.of())
			.getProperty("server.port", Integer.class, new TomcatServletWebServerFactory().getPort());
		assertThat(dockerfile("EXPOSE (.*)"))
			.as("EXPOSE of the Dockerfile, beside echo.port and server.port of application.yaml")
			.isEqualTo(echoPort + " " + actuatorPort);
	}

	/** Kubernetes' runAsNonRoot wants a number: it cannot look names up. */
	@Test
	void theUserIsANumberAndNotRoot() throws IOException {
		assertThat(dockerfile("(?m)^USER (.*)$")).matches("[1-9]\\d*:[1-9]\\d*");
	}

	@Test
	void theVersionIsTheProjects() throws IOException {
		Properties build = new Properties();
		try (InputStream in = new ClassPathResource("META-INF/build-info.properties").getInputStream()) {
			build.load(in);
		}
		assertThat(dockerfile("org.opencontainers.image.version=\"(.*?)\""))
			.isEqualTo(build.getProperty("build.version"));
	}

	/**
	 * The Dockerfile joins them with blanks, less the lines that begin with the sign of a
	 * comment.
	 */
	@Test
	void eachLineOfTheJvmOptionsIsOneOptionOrAComment() throws IOException {
		assertThat(Files.readAllLines(DIRECTORY.resolve("jvm.options"))).anyMatch((line) -> line.startsWith("-"))
			.allMatch((line) -> line.matches("#.*|-[^\\s#'\"\\\\]+|"));
	}

	/**
	 * Code for the processor of the build would be fatal on a lesser one: JDK-8388703.
	 */
	@Test
	void theJvmKnowsItsOptionsAndKeepsMachineCodeOutOfTheAotCache() throws Exception {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(Files.readAllLines(DIRECTORY.resolve("jvm.options"))
			.stream()
			.filter((line) -> line.startsWith("-"))
			.toList());
		command.addAll(List.of("-XX:+PrintFlagsFinal", "-version"));
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		String output = process.inputReader().readAllAsString();
		assertThat(process.waitFor()).as(output).isZero();
		assertThat(output).containsPattern("AOTAdapterCaching += false .*\\{command line}")
			.containsPattern("AOTStubCaching += false ");
	}

	private static String dockerfile(String regex) throws IOException {
		Matcher matcher = Pattern.compile(regex).matcher(Files.readString(DIRECTORY.resolve("Dockerfile")));
		assertThat(matcher.find()).as(regex).isTrue();
		return matcher.group(1);
	}

}

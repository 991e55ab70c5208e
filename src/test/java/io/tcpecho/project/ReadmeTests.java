package io.tcpecho.project;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the README says of settings is what there is, and the documents lead somewhere.
 */
class ReadmeTests {

	@Test
	void everySettingIsListedWithItsDefault() throws IOException {
		Stream<String> listed = Pattern.compile("^\\| `(echo\\..*?)` \\| (.*?) \\|", Pattern.MULTILINE)
			.matcher(Files.readString(Path.of("README.md")))
			.results()
			.flatMap(ReadmeTests::settings);
		JsonNode metadata = JsonMapper.shared()
			.readTree(new ClassPathResource("META-INF/spring-configuration-metadata.json").getContentAsByteArray());
		assertThat(listed).containsExactlyInAnyOrderElementsOf(metadata.at("/properties")
			.valueStream()
			.filter((property) -> property.at("/name").asString().startsWith("echo."))
			.map((property) -> property.at("/name").asString() + "=" + property.at("/defaultValue").asString())
			.toList());
	}

	@ParameterizedTest
	@ValueSource(strings = { "README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md", "helm/tcp-echo/README.md",
			"src/docs/another-service.md", "src/docs/benchmark.md", "src/docs/decisions.md", "src/docs/failover.md",
			"src/docs/identity.md", "src/docs/image.md", "src/docs/metrics.md", "src/docs/operations.md",
			"src/docs/proxy-protocol.md", "src/docs/send.md", "src/docs/spring-integration.md", "src/docs/tls.md" })
	void everyLinkToAFileLeadsToOne(Path document) throws IOException {
		assertThat(Pattern.compile("\\]\\((?!https:)([^)#]+)").matcher(Files.readString(document)).results())
			.extracting((link) -> document.resolveSibling(link.group(1)))
			.allSatisfy((file) -> assertThat(file).exists());
	}

	@ParameterizedTest
	@ValueSource(strings = { "src/docs/another-service.md", "src/docs/spring-integration.md" })
	void everyTestThatShowsSomethingIsThere(Path document) throws IOException {
		Map<String, String> sources = new HashMap<>();
		try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
			for (Path file : files.filter(Files::isRegularFile).toList()) {
				sources.put(file.getFileName().toString(), Files.readString(file));
			}
		}
		assertThat(Pattern.compile("`(\\w+(?:Tests|IT))\\.(\\w+)`").matcher(Files.readString(document)).results())
			.isNotEmpty()
			.allSatisfy(
					(test) -> assertThat(sources.get(test.group(1) + ".java")).contains("void " + test.group(2) + "("));
	}

	private static Stream<String> settings(MatchResult row) {
		String[] names = row.group(1).split("`, `", -1);
		String[] defaults = row.group(2).replaceAll("empty(: [^,]*)?", "").split(", ", -1);
		return IntStream.range(0, names.length).mapToObj((i) -> names[i] + "=" + defaults[i]);
	}

}

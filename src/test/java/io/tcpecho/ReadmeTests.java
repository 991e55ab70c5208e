package io.tcpecho;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the README says of settings is what there is.
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

	private static Stream<String> settings(MatchResult row) {
		String[] names = row.group(1).split("`, `", -1);
		String[] defaults = row.group(2).replaceAll("empty(: [^,]*)?", "").split(", ", -1);
		return IntStream.range(0, names.length).mapToObj((i) -> names[i] + "=" + defaults[i]);
	}

}

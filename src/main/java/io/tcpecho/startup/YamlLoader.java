package io.tcpecho.startup;

import java.io.IOException;
import java.util.List;

import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.reader.ReaderException;

import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.Resource;

/** Spring Boot's, but a broken file is named. Comes first, so that it is taken. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class YamlLoader extends YamlPropertySourceLoader {

	@Override
	public List<PropertySource<?>> load(String name, Resource resource) throws IOException {
		try {
			return super.load(name, resource);
		}
		catch (RuntimeException ex) {
			String problem = switch (ex) {
				case MarkedYAMLException marked -> "line %s, column %s: %s".formatted(
						marked.getProblemMark().getLine() + 1, marked.getProblemMark().getColumn() + 1,
						// Without the name that it quotes, which may be a password.
						marked.getProblem().replaceFirst("\\b(alias|tag|tag handle) .*", "$1"));
				case ReaderException _ -> PlaceFailureAnalyzer.firstLine(ex);
				default -> "it is not UTF-8, or a value is not what its tag says";
			};
			throw new FailureAnalyzedException("%s is no YAML: %s.".formatted(resource.getDescription(), problem),
					"Correct that line, or the one before it.", ex);
		}
	}

}

package io.tcpecho.startup;

import java.io.IOException;
import java.util.List;

import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

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
		catch (YAMLException ex) {
			String problem = (ex instanceof MarkedYAMLException marked)
					? "line %s, column %s: %s".formatted(marked.getProblemMark().getLine() + 1,
							marked.getProblemMark().getColumn() + 1, marked.getProblem())
					: String.valueOf(ex.getMessage()).lines().findFirst().orElse("");
			throw new FailureAnalyzedException("%s is no YAML: %s.".formatted(resource.getDescription(), problem),
					"Correct that line, or the one before it.", ex);
		}
	}

}

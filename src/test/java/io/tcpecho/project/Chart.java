package io.tcpecho.project;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import org.yaml.snakeyaml.Yaml;

import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The objects that Helm makes of the chart and some values, decoded strictly: an unknown
 * kind or field fails.
 */
final class Chart {

	static final Path DIRECTORY = Path.of("helm/tcp-echo");

	/** The oldest that the chart accepts. */
	static final String KUBERNETES = "1.31.0";

	static final String NAMESPACE = "apps";

	private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

	/** Stands for Helm's own annotation in what is rendered. */
	static final String HOOK = "example.com/hook";

	/** A copy: helm-java leaves hooks out of what it renders, and helm test is one. */
	private static final Path WITHOUT_HOOKS = withoutHooks();

	private final List<HasMetadata> objects;

	private Chart(List<HasMetadata> objects) {
		this.objects = objects;
	}

	/**
	 * @param values as in a file of values; image.repository has one
	 * @throws IllegalStateException with Helm's message if the chart refuses them
	 */
	static Chart render(String values) {
		return decode(manifest(KUBERNETES, values));
	}

	/** As a release of that name. */
	static Chart render(String release, String values) {
		return decode(withValues(values, (base, file) -> template(WITHOUT_HOOKS, release, KUBERNETES, base, file)));
	}

	/** As the only dependency of another chart, which gives it the values. */
	static Chart dependency(Path parent, String alias, String values) throws IOException {
		FileSystemUtils.copyRecursively(WITHOUT_HOOKS, parent.resolve("charts/tcp-echo"));
		Files.writeString(parent.resolve("Chart.yaml"), """
				apiVersion: v2
				name: parent
				version: 0.0.1
				dependencies: [{name: tcp-echo, version: ">=0", alias: %s, condition: %1$s.enabled}]
				""".formatted(alias));
		return decode(withValues("%s: %s".formatted(alias, values),
				(base, file) -> template(parent, "echo", KUBERNETES, file)));
	}

	private static Chart decode(String manifest) {
		List<HasMetadata> objects = new ArrayList<>();
		for (Object document : new Yaml().loadAll(manifest)) {
			HasMetadata object = SERIALIZATION.convertValue(document, HasMetadata.class);
			requireKnown(object, object.getKind());
			objects.add(object);
		}
		return new Chart(objects);
	}

	/** With everything on, each value other than its default where it has one. */
	static Chart everything() {
		return render(everythingOn());
	}

	static String everythingOn() {
		try {
			return Files.readString(Path.of("src/test/resources/everything.yaml"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** What helm template prints. */
	static String manifest(String kubernetes, String values) {
		return withValues(values, (base, file) -> template(WITHOUT_HOOKS, "echo", kubernetes, base, file));
	}

	private static String template(Path chart, String release, String kubernetes, Path... values) {
		TemplateCommand command = new Helm(chart).template()
			.withName(release)
			.withNamespace(NAMESPACE)
			.withKubeVersion(kubernetes);
		List.of(values).forEach(command::withValuesFile);
		// Nothing where a condition has switched everything off.
		return Objects.toString(command.call(), "");
	}

	/** What helm install prints, without a cluster. */
	static String notes(String values) {
		return withValues(values,
				(base, file) -> new Helm(DIRECTORY).install()
					.withName("echo")
					.withNamespace(NAMESPACE)
					.withKubeVersion(KUBERNETES)
					.withValuesFile(base)
					.withValuesFile(file)
					.clientOnly()
					.dryRun()
					.call()
					.getOutput());
	}

	private static <T> T withValues(String values, BiFunction<Path, Path, T> command) {
		try {
			Path directory = Files.createTempDirectory("values");
			try {
				return command.apply(
						Files.writeString(directory.resolve("base.yaml"),
								"image: {repository: registry.example.com/tcp-echo}"),
						Files.writeString(directory.resolve("values.yaml"), values));
			}
			finally {
				FileSystemUtils.deleteRecursively(directory);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Path withoutHooks() {
		try {
			Path copy = copy("target/chart");
			Path test = copy.resolve("templates/tests/echo.yaml");
			Files.writeString(test, Files.readString(test).replace("helm.sh/hook:", HOOK + ":"));
			return copy;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** Of the chart with a repository, or of the one that has none. */
	static synchronized LintResult lint(String repository) {
		try {
			Path copy = copy("target/linted-chart");
			Path values = copy.resolve("values.yaml");
			Files.writeString(values,
					Files.readString(values).replace("repository: \"\"", "repository: \"" + repository + "\""));
			return new Helm(copy).lint().strict().call();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Path copy(String directory) throws IOException {
		Path copy = Path.of(directory);
		FileSystemUtils.deleteRecursively(copy);
		FileSystemUtils.copyRecursively(DIRECTORY, copy);
		return copy;
	}

	/** A YAML or JSON file of the chart. */
	static Map<String, Object> read(String file) {
		try {
			return new Yaml().load(Files.readString(DIRECTORY.resolve(file)));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	List<HasMetadata> objects() {
		return this.objects;
	}

	boolean has(Class<? extends HasMetadata> kind) {
		return this.objects.stream().anyMatch(kind::isInstance);
	}

	/**
	 * The only object of a kind or, of two, the one that is called like the Deployment.
	 */
	<T extends HasMetadata> T get(Class<T> kind) {
		List<T> found = all(kind);
		return (found.size() == 1) ? found.getFirst() : get(kind, get(Deployment.class).getMetadata().getName());
	}

	<T extends HasMetadata> T get(Class<T> kind, String name) {
		List<T> found = all(kind).stream().filter((object) -> name.equals(object.getMetadata().getName())).toList();
		assertThat(found).as(kind.getSimpleName() + " " + name).hasSize(1);
		return found.getFirst();
	}

	private <T extends HasMetadata> List<T> all(Class<T> kind) {
		return this.objects.stream().filter(kind::isInstance).map(kind::cast).toList();
	}

	/** What the pods of the service are made of. */
	PodSpec pod() {
		return get(Deployment.class).getSpec().getTemplate().getSpec();
	}

	Container container() {
		return pod().getContainers().getFirst();
	}

	/** Of the service: startup, liveness, readiness. */
	List<Probe> probes() {
		return List.of(container().getStartupProbe(), container().getLivenessProbe(), container().getReadinessProbe());
	}

	/** The models keep what they do not know, at any depth, as additional properties. */
	private static void requireKnown(Object value, String path) {
		assertThat(value).as("%s is of no known kind", path).isNotInstanceOf(GenericKubernetesResource.class);
		switch (value) {
			case Map<?, ?> map -> map.forEach((key, element) -> requireKnown(element, path + "." + key));
			case Collection<?> elements -> elements.forEach((element) -> requireKnown(element, path + "[]"));
			case Object model when model.getClass().getPackageName().startsWith("io.fabric8.") ->
				requireKnownFields(model, path);
			default -> {
			}
		}
	}

	private static void requireKnownFields(Object model, String path) {
		for (Method getter : model.getClass().getMethods()) {
			if (getter.getParameterCount() > 0 || !getter.getName().startsWith("get")
					|| getter.getDeclaringClass() == Object.class || model instanceof Enum) {
				continue;
			}
			Object field = invoke(getter, model);
			if (getter.getName().equals("getAdditionalProperties")) {
				assertThat((Map<?, ?>) field).as("unknown fields of %s", path).isEmpty();
			}
			else if (field != null) {
				requireKnown(field, path + "." + getter.getName().substring("get".length()));
			}
		}
	}

	private static Object invoke(Method getter, Object model) {
		try {
			return getter.invoke(model);
		}
		catch (IllegalAccessException | InvocationTargetException ex) {
			throw new LinkageError(ex.getMessage(), ex);
		}
	}

}

package io.tcpecho.startup;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.tcpecho.settings.EchoProperties;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.util.ObjectUtils;
import org.springframework.util.unit.DataSize;

/**
 * Refuses a bad setting before anything starts, and says where it was set. Spring Boot
 * alone ignores a misspelt variable, and takes a time without a unit for milliseconds.
 */
final class SettingsCheck implements ApplicationContextInitializer<ConfigurableApplicationContext> {

	private static final Log log = LogFactory.getLog(SettingsCheck.class);

	private static final Map<ConfigurationPropertyName, Class<?>> SETTINGS = settings("echo", EchoProperties.class)
		.collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));

	private static final ConfigurationPropertyName ECHO = ConfigurationPropertyName.of("echo");

	/** One letter is another, is missing or too many, or two have changed places. */
	private static final Pattern SLIP = Pattern
		.compile(".?cho|e.?ho|ec.?o|ech.?|.echo|e.cho|ec.ho|ech.o|echo.|ceho|ehco|ecoh");

	/** What Kubernetes sets in each pod for a Service called echo, or echo-something. */
	private static final Pattern KUBERNETES = Pattern
		.compile("echo\\.(.+\\.)?(service\\.(host|port)|port\\[\\d+]).*|echo\\..*port=\\w+://.*");

	private static Stream<Map.Entry<ConfigurationPropertyName, Class<?>>> settings(String prefix, Class<?> type) {
		return Arrays.stream(Objects.requireNonNull(type.getRecordComponents())).flatMap((component) -> {
			String name = prefix + "." + DataObjectPropertyName.toDashedForm(component.getName());
			return component.getType().isRecord() ? settings(name, component.getType())
					: Stream.of(Map.entry(ConfigurationPropertyName.of(name), component.getType()));
		});
	}

	@Override
	public void initialize(ConfigurableApplicationContext context) {
		checkVirtualThreads();
		Environment environment = context.getEnvironment();
		ConfigurationPropertySources.get(environment).forEach((source) -> {
			if (source instanceof IterableConfigurationPropertySource names
					&& source.getUnderlyingSource() instanceof PropertySource<?> underlying) {
				checkNames(names, underlying.getName());
			}
		});
		SETTINGS.forEach((name, type) -> {
			if (all(environment).containsProperty(name.toString())) {
				checkValue(environment, name.toString(), type);
			}
		});
		try {
			Binder binder = Binder.get(environment);
			if (binder.bind("server.port", Integer.class).orElse(0) > 65535) {
				throw refused(environment, "server.port", "must be 0 to 65535");
			}
			if (binder.bind("management.server.port", String.class).isBound()) {
				throw refused(environment, "management.server.port", "must not be set, for server.port is Actuator's");
			}
			binder.bind("server.address", InetAddress.class);
			binder.bind("echo", EchoProperties.class);
		}
		catch (BindException ex) {
			throw (NestedExceptionUtils
				.getMostSpecificCause(ex) instanceof InvalidConfigurationPropertyValueException bad)
						? refused(environment, bad.getName(), String.valueOf(bad.getReason())) : refused(environment,
								ex.getName().toString(), "must be " + kind(ex.getTarget().getType().toClass()));
		}
	}

	/** The first one makes their scheduler, of system properties that may be bad. */
	private static void checkVirtualThreads() {
		try {
			Thread.startVirtualThread(() -> {
			});
		}
		catch (LinkageError ex) {
			throw new FailureAnalyzedException(
					"No virtual thread can run with the system properties %s.".formatted(System.getProperties()
						.stringPropertyNames()
						.stream()
						.filter((name) -> name.startsWith("jdk.virtualThreadScheduler."))
						.map((name) -> "%s=%s".formatted(name, System.getProperty(name)))
						.sorted()
						.collect(Collectors.joining(", "))),
					"Give whole numbers from 1 to 32767, or leave them out.", ex);
		}
	}

	private static void checkNames(IterableConfigurationPropertySource source, String sourceName) {
		boolean variables = sourceName.equals("systemEnvironment");
		boolean arguments = sourceName.equals("commandLineArgs");
		source.stream().filter((name) -> isUnknown(name, variables) || (arguments && isMeant(name))).forEach((name) -> {
			ConfigurationProperty property = source.getConfigurationProperty(name);
			if (property == null || isEmptyGroup(name, property)) {
				// As if it were left out.
				return;
			}
			String nearest = "The nearest is %s.".formatted(
					Collections.min(SETTINGS.keySet(), Comparator.comparingInt((known) -> distance(known, name))));
			if (!variables && !sourceName.equals("systemProperties")) {
				throw new FailureAnalyzedException("%s is no setting.%s".formatted(name, origin(property.getOrigin())),
						nearest);
			}
			if (!KUBERNETES.matcher(name + "=" + property.getValue()).matches()) {
				log.warn("%s is no setting, and is ignored.%s %s".formatted(name, origin(property.getOrigin()),
						nearest));
			}
		});
	}

	/** Whether an argument is a setting without "echo.", or with a slip in that word. */
	private static boolean isMeant(ConfigurationPropertyName name) {
		String word = name.getElement(0, ConfigurationPropertyName.Form.UNIFORM);
		return SETTINGS.containsKey(ECHO.append(name)) || (!word.equals("echo") && SLIP.matcher(word).matches());
	}

	/** As {@code linger: {}} in YAML or JSON. */
	private static boolean isEmptyGroup(ConfigurationPropertyName name, ConfigurationProperty property) {
		return ObjectUtils.isEmpty(property.getValue()) && SETTINGS.keySet().stream().anyMatch(name::isAncestorOf);
	}

	/** Of variables, Spring Boot takes ECHO_READ_TIMEOUT as well as ECHO_READTIMEOUT. */
	private static boolean isUnknown(ConfigurationPropertyName name, boolean variable) {
		return ECHO.isAncestorOf(name) && SETTINGS.keySet()
			.stream()
			.noneMatch((known) -> known.equals(name)
					|| (variable && name.toString().equals(known.toString().replace('-', '.'))));
	}

	/** How many letters the one has that the other has not, in whatever order. */
	private static int distance(ConfigurationPropertyName one, ConfigurationPropertyName other) {
		int[] counts = new int[128];
		one.toString().chars().forEach((letter) -> counts[letter % 128]++);
		other.toString().chars().forEach((letter) -> counts[letter % 128]--);
		return Arrays.stream(counts).map(Math::abs).sum();
	}

	private static void checkValue(Environment environment, String name, Class<?> type) {
		String value = value(environment, name);
		if (value.contains("${")) {
			throw refused(environment, name, "refers to what is not set");
		}
		if (value.isBlank() && type != String.class) {
			throw refused(environment, name, "must not be empty");
		}
		if (value.strip().matches("[-+]?\\d+") && (type == Duration.class || type == DataSize.class)) {
			throw refused(environment, name,
					((type == Duration.class) ? "needs a unit: %sms or %1$ss" : "needs a unit: %sB or %1$sKB")
						.formatted(value.strip()));
		}
	}

	private static String kind(Class<?> type) {
		return switch (type.getSimpleName()) {
			case "Duration" -> "a time, such as 500ms or 10s";
			case "DataSize" -> "a size, such as 100B or 64KB";
			case "InetAddress" -> "an address, or a name that has one";
			case "int", "Integer" -> "a whole number, 2147483647 at most";
			default -> "one of " + Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT);
		};
	}

	private static FailureAnalyzedException refused(Environment environment, String name, String reason) {
		String value = value(environment, name);
		return new FailureAnalyzedException(
				"%s is \"%s\", and %s.%s".formatted(name, value, reason, origin(environment, name)),
				value.contains("://")
						? "Kubernetes sets this variable for a Service called %s: give the pod enableServiceLinks: false, or the Service another name."
							.formatted(name.substring(0, name.indexOf('.')))
						: "Correct it, or leave it out to have the default.");
	}

	/** With what it refers to put in, unless that is not set. */
	private static String value(Environment environment, String name) {
		return environment.resolvePlaceholders(String.valueOf(all(environment).getProperty(name)));
	}

	/** A sentence that says where a setting was set; empty where it was not. */
	static String origin(Environment environment, String name) {
		return origin(OriginLookup.getOrigin(all(environment), name));
	}

	private static PropertySource<?> all(Environment environment) {
		return Objects.requireNonNull(
				((ConfigurableEnvironment) environment).getPropertySources().get("configurationProperties"));
	}

	private static String origin(@Nullable Origin origin) {
		return (origin == null) ? ""
				: " It was set by %s.".formatted(origin)
					.replace("from property source \"commandLineArgs\"", "on the command line")
					.replace("from property source \"systemProperties\"", "in the system properties");
	}

}

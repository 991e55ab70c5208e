package io.tcpecho.testing;

import java.util.Map;

import io.tcpecho.settings.EchoProperties;

import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/**
 * Settings as the service binds them.
 */
public final class TestSettings {

	private TestSettings() {
	}

	/** These, and the defaults. */
	public static EchoProperties bind(Map<String, String> settings) {
		return new Binder(new MapConfigurationPropertySource(settings)).bindOrCreate("echo", EchoProperties.class);
	}

	/** These, what application.yaml says, and the defaults. */
	public static EchoProperties ofApplication(Map<String, String> settings) {
		return Binder.get(application(settings)).bindOrCreate("echo", EchoProperties.class);
	}

	/** These, and application.yaml. */
	public static ConfigurableEnvironment application(Map<String, String> settings) {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().addFirst(new MapPropertySource("test", Map.copyOf(settings)));
		ConfigDataEnvironmentPostProcessor.applyTo(environment);
		return environment;
	}

}

package io.tcpecho.testing;

import java.util.Map;

import io.tcpecho.settings.EchoProperties;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/**
 * Settings as the service binds them.
 */
public final class TestSettings {

	private TestSettings() {
	}

	public static EchoProperties bind(Map<String, String> settings) {
		return new Binder(new MapConfigurationPropertySource(settings)).bindOrCreate("echo", EchoProperties.class);
	}

}

package io.tcpecho.project;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.tcpecho.settings.EchoProperties;
import io.tcpecho.testing.TestSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.logging.LoggingApplicationListener;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The settings that the chart gives to the application are those that it takes.
 */
@Execution(ExecutionMode.CONCURRENT)
class ChartConfigTests {

	private static final String PEM = "spring.ssl.bundle.pem.echo.";

	/** What stands here for what the kubelet makes of a field of the pod is its path. */
	private static final Map<String, String> IDENTITY = Map.of("echo.identity.instance", "metadata.name",
			"echo.identity.namespace", "metadata.namespace", "echo.identity.node", "spec.nodeName");

	@Test
	void theDefaultPortsAreTheApplicationsOwn() {
		int port = TestSettings.ofApplication(Map.of()).port();
		assertThat(Chart.render("").container().getPorts()).extracting(ContainerPort::getContainerPort)
			.as("config.echo.port and config.server.port of values.yaml, beside application.yaml")
			.containsExactly(port, 8080);
		assertThat(Chart.render("").get(Service.class).getSpec().getPorts()).extracting(ServicePort::getPort)
			.as("service.port of values.yaml, beside echo.port of application.yaml")
			.containsExactly(port);
	}

	@Test
	void theDefaultDrainTimeoutIsTheApplicationsOwn() {
		try (ConfigurableApplicationContext application = run(Chart.render("").container())) {
			assertThat(application.getBean(EchoProperties.class)).as("config.echo of values.yaml")
				.isEqualTo(TestSettings.ofApplication(IDENTITY));
		}
	}

	@Test
	void theApplicationTakesItsSettingsFromTheEnvironment() {
		Container container = Chart.everything().container();
		Map<String, String> settings = new HashMap<>(IDENTITY);
		settings.putAll(Map.of("echo.port", "24000", "echo.backlog", "5", "echo.max-message-size", "1KB",
				"echo.max-connections", "10000000", "echo.read-timeout", "30m", "echo.linger.timeout", "2s",
				"echo.linger.max-bytes", "0B", "echo.drain-timeout", "2m"));
		settings.putAll(Map.of("echo.reply", "identity", "echo.proxy-protocol", "required", "echo.ssl.bundle", "echo",
				"echo.ssl.client-auth", "need"));
		try (ConfigurableApplicationContext application = run(container)) {
			assertThat(application.getBean(EchoProperties.class)).isEqualTo(TestSettings.ofApplication(settings));
			assertThat(Map.of("server.port", "9000", "logging.structured.format.console", "ecs", "logging.level.root",
					"warn", "logging.level.io.tcpecho", "false", "management.endpoint.health.show-details", "never",
					"spring.main.log-startup-info", "false", "spring.ssl.bundle.watch.file.quiet-period", "1s"))
				.allSatisfy(
						(name, value) -> assertThat(application.getEnvironment().getProperty(name)).isEqualTo(value));
		}
		assertThat(container.getPorts()).extracting(ContainerPort::getContainerPort).containsExactly(24000, 9000);
	}

	@Test
	void aSecretIsTheBundleOfTheEchoPort() {
		try (ConfigurableApplicationContext application = run(
				Chart.render("tls: {secretName: echo-tls}").container())) {
			assertThat(setting(application, "echo.ssl.bundle")).isEqualTo("echo");
			assertThat(setting(application, "echo.ssl.client-auth")).isEqualTo("none");
			assertThat(setting(application, PEM + "keystore.certificate")).isEqualTo("file:/tls/tls.crt");
			assertThat(setting(application, PEM + "keystore.private-key")).isEqualTo("file:/tls/tls.key");
			assertThat(setting(application, PEM + "reload-on-update")).isEqualTo("true");
			assertThat(setting(application, PEM + "truststore.certificate")).isNull();
		}
	}

	@Test
	void clientsMayHaveToShowACertificateOfTheSecretsAuthority() {
		try (ConfigurableApplicationContext application = run(
				Chart.render("tls: {secretName: echo-tls, clientAuth: want}").container())) {
			assertThat(setting(application, "echo.ssl.client-auth")).isEqualTo("want");
			assertThat(setting(application, PEM + "truststore.certificate")).isEqualTo("file:/tls/ca.crt");
		}
	}

	private static String setting(ConfigurableApplicationContext application, String name) {
		return application.getEnvironment().getProperty(name);
	}

	/** YAML reads it as false. */
	@Test
	void offNeedsNoQuotes() {
		try (ConfigurableApplicationContext application = run(
				Chart.render("config: {echo: {proxy-protocol: off}}").container())) {
			assertThat(application.getBean(EchoProperties.class)).isEqualTo(TestSettings.ofApplication(IDENTITY));
		}
	}

	@Test
	void aChangedSettingRollsThePods() {
		assertThat(Chart.render("config: {echo: {backlog: 5}}").get(Deployment.class).getSpec().getTemplate())
			.isNotEqualTo(Chart.render("").get(Deployment.class).getSpec().getTemplate());
	}

	private static String value(EnvVar variable) {
		return (variable.getValueFrom() != null) ? variable.getValueFrom().getFieldRef().getFieldPath()
				: variable.getValue();
	}

	/** The application's settings in a process with the container's environment. */
	private static ConfigurableApplicationContext run(Container container) {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources()
			.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, new SystemEnvironmentPropertySource(
					StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
					container.getEnv().stream().collect(Collectors.toMap(EnvVar::getName, ChartConfigTests::value))));
		SpringApplication application = new SpringApplicationBuilder(Settings.class).web(WebApplicationType.NONE)
			.environment(environment)
			.build();
		// The logging system is the whole JVM's, and other tests read what it prints.
		application.setListeners(application.getListeners()
			.stream()
			.filter((listener) -> !(listener instanceof LoggingApplicationListener))
			.toList());
		return application.run();
	}

	@EnableConfigurationProperties(EchoProperties.class)
	static class Settings {

	}

}

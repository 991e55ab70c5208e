package io.tcpecho;

import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import org.junit.jupiter.api.Test;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.logging.LoggingApplicationListener;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The settings that the chart gives to the application are those that it takes.
 */
class ChartConfigTests {

	@Test
	void theDefaultPortsAreTheApplicationsOwn() {
		assertThat(Chart.render("").container().getPorts()).extracting(ContainerPort::getContainerPort)
			.containsExactly(EchoPropertiesTests.bind(Map.of()).port(), 8080);
		assertThat(Chart.render("").get(Service.class).getSpec().getPorts()).extracting(ServicePort::getPort)
			.containsExactly(EchoPropertiesTests.bind(Map.of()).port());
	}

	@Test
	void theDefaultDrainTimeoutIsTheApplicationsOwn() {
		try (ConfigurableApplicationContext application = run(Chart.render("").container())) {
			assertThat(application.getBean(EchoProperties.class)).isEqualTo(EchoPropertiesTests.bind(Map.of()));
		}
	}

	@Test
	void theApplicationTakesItsSettingsFromTheEnvironment() {
		Container container = Chart.everything().container();
		try (ConfigurableApplicationContext application = run(container)) {
			assertThat(application.getBean(EchoProperties.class))
				.isEqualTo(new EchoProperties("", 24000, 5, DataSize.ofKilobytes(1), 10_000_000, Duration.ofMinutes(30),
						new EchoProperties.Linger(Duration.ofSeconds(2), DataSize.ofBytes(0)), Duration.ofMinutes(2)));
			assertThat(Map.of("server.port", "9000", "logging.structured.format.console", "ecs",
					"management.endpoint.health.show-details", "never", "spring.threads.virtual.enabled", "true"))
				.allSatisfy(
						(name, value) -> assertThat(application.getEnvironment().getProperty(name)).isEqualTo(value));
		}
		assertThat(container.getPorts()).extracting(ContainerPort::getContainerPort).containsExactly(24000, 9000);
	}

	@Test
	void aChangedSettingRollsThePods() {
		assertThat(Chart.render("config: {echo: {backlog: 5}}").get(Deployment.class).getSpec().getTemplate())
			.isNotEqualTo(Chart.render("").get(Deployment.class).getSpec().getTemplate());
	}

	/** The application's settings in a process with the container's environment. */
	private static ConfigurableApplicationContext run(Container container) {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources()
			.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
					new SystemEnvironmentPropertySource(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
							container.getEnv().stream().collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue))));
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

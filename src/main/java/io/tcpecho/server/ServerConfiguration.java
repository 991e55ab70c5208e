package io.tcpecho.server;

import java.io.IOException;
import java.util.Optional;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.tcpecho.settings.ConnectionLimit;
import io.tcpecho.settings.EchoProperties;
import io.tcpecho.tls.Tls;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.info.GitProperties;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.integration.config.IntegrationManagementConfigurer;
import org.springframework.integration.dsl.IntegrationFlow;

/**
 * The server, and what drains and watches it.
 */
@Configuration(proxyBeanMethods = false)
@Import({ Drain.class, ListenerMetrics.class })
class ServerConfiguration {

	@Bean
	EchoConnectionFactory connectionFactory(EchoProperties properties, MeterRegistry meters, SslBundles bundles)
			throws IOException {
		return new EchoConnectionFactory(properties, ConnectionLimit.of(properties), new Books(meters),
				Tls.of(properties.ssl(), bundles, meters));
	}

	/** A service that opens its port when somebody asks for a bean never would. */
	@Bean
	static LazyInitializationExcludeFilter eagerServer() {
		return LazyInitializationExcludeFilter.forBeanTypes(SmartLifecycle.class, IntegrationFlow.class);
	}

	@Bean
	MeterBinder buildInfo(ObjectProvider<BuildProperties> build, ObjectProvider<GitProperties> git) {
		// Unknown where Maven has not built the classes, or has built them without git.
		return (registry) -> Gauge.builder("echo.build.info", () -> 1)
			.description("The version and the commit that run")
			.tag("version",
					Optional.ofNullable(build.getIfAvailable()).map(BuildProperties::getVersion).orElse("unknown"))
			.tag("commit",
					Optional.ofNullable(git.getIfAvailable()).map(GitProperties::getShortCommitId).orElse("unknown"))
			.register(registry);
	}

	@Bean
	HealthIndicator listenerHealthIndicator(EchoConnectionFactory connectionFactory) {
		return connectionFactory.availability();
	}

	/**
	 * Without Spring Integration's own meters and log lines for each message: the books
	 * have it all.
	 */
	@Bean(IntegrationManagementConfigurer.MANAGEMENT_CONFIGURER_NAME)
	static IntegrationManagementConfigurer integrationManagement() {
		IntegrationManagementConfigurer configurer = new IntegrationManagementConfigurer();
		configurer.setDefaultLoggingEnabled(false);
		return configurer;
	}

}

package io.tcpecho;

import java.io.IOException;
import java.util.Optional;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.info.GitProperties;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.ConditionalOnEnabledMetricsExport;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.boot.web.servlet.FilterRegistration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.integration.config.IntegrationManagementConfigurer;
import org.springframework.integration.dsl.IntegrationFlow;
import org.springframework.integration.dsl.IntegrationFlowBuilder;
import org.springframework.integration.ip.dsl.Tcp;
import org.springframework.integration.ip.tcp.connection.TcpNetServerConnectionFactory;

/**
 * The whole wiring: a TCP server, the flow that answers its messages, and what watches
 * them.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(EchoProperties.class)
class EchoConfiguration {

	/** After Actuator's web server: if that can't start, the port never opens. */
	private static final int PHASE = WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE + 1;

	@Bean
	IntegrationFlow echo(TcpNetServerConnectionFactory connectionFactory, EchoProperties properties,
			ObjectProvider<BuildProperties> build) {
		// The flow is direct: the reply is there when the handler returns, or never.
		IntegrationFlowBuilder flow = IntegrationFlow
			.from(Tcp.inboundGateway(connectionFactory).replyTimeout(0L).phase(PHASE));
		return switch (properties.reply()) {
			// The handler. For another service replace this line.
			case MESSAGE -> flow.bridge().get();
			case IDENTITY -> flow
				.handle(byte[].class,
						new IdentityHandler(properties.identity(), build.getIfAvailable(), connectionFactory::getPort))
				.get();
		};
	}

	@Bean
	EchoConnectionFactory connectionFactory(EchoProperties properties, MeterRegistry meters) throws IOException {
		return new EchoConnectionFactory(properties, ConnectionLimit.inForce(properties.maxConnections()),
				new Books(meters));
	}

	@Bean
	Drain drain(EchoConnectionFactory connectionFactory) {
		return new Drain(connectionFactory);
	}

	@Bean
	ListenerMetrics listenerMetrics(EchoConnectionFactory connectionFactory) {
		return new ListenerMetrics(connectionFactory);
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
	ListenerHealthIndicator listenerHealthIndicator(EchoConnectionFactory connectionFactory) {
		return new ListenerHealthIndicator(connectionFactory);
	}

	@Bean
	static WebServerFactoryCustomizer<TomcatServletWebServerFactory> actuatorServer() {
		return (factory) -> factory.setProtocol(ActuatorProtocol.class.getName());
	}

	/** No endpoint needs a body, and Spring would wait for one, even of a GET. */
	@Bean
	@FilterRegistration(order = Ordered.HIGHEST_PRECEDENCE)
	static Filter bodyRefusal() {
		return (request, response, chain) -> {
			if (request.getInputStream().isFinished()) {
				chain.doFilter(request, response);
			}
			else {
				// Not sendError: the page for it may read a form. Tomcat closes the
				// connection.
				((HttpServletResponse) response).setStatus(HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE);
			}
		};
	}

	@Bean
	@ConditionalOnEnabledMetricsExport("prometheus")
	SharedScrape prometheusEndpoint(PrometheusRegistry registry, PrometheusConfig config) {
		return new SharedScrape(registry, config);
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

package io.tcpecho.actuator;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.tcpecho.settings.KeyMaterial;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.ConditionalOnEnabledMetricsExport;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;

/**
 * What keeps Actuator answering, whoever else asks it, and from telling secrets.
 */
@Configuration(proxyBeanMethods = false)
class ActuatorConfiguration {

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

	/** Where a user has "env" or "configprops" show values, as to see what is bound. */
	@Bean
	static SanitizingFunction secrets() {
		return SanitizingFunction.sanitizeValue()
			.ifLikelyCredential()
			.ifLikelySensitiveProperty()
			// As JAVA_TOOL_OPTIONS with a system property in it.
			.ifValueStringMatches("(?s).*(password|secret|token)\\W{0,3}[=:].*")
			.ifValueStringMatches(KeyMaterial::isIn);
	}

	@Bean
	@ConditionalOnEnabledMetricsExport("prometheus")
	SharedScrape prometheusEndpoint(PrometheusRegistry registry, PrometheusConfig config) {
		return new SharedScrape(registry, config);
	}

}

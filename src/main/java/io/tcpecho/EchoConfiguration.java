package io.tcpecho;

import io.tcpecho.identity.IdentityHandler;
import io.tcpecho.settings.EchoProperties;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.integration.dsl.IntegrationFlow;
import org.springframework.integration.dsl.IntegrationFlowBuilder;
import org.springframework.integration.ip.dsl.Tcp;
import org.springframework.integration.ip.tcp.connection.TcpNetServerConnectionFactory;

/**
 * The flow that answers messages: what you change for another service.
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

}

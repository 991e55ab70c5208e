package io.tcpecho.server;

import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.integration.dsl.IntegrationFlow;
import org.springframework.integration.ip.dsl.Tcp;
import org.springframework.integration.ip.tcp.connection.TcpNetServerConnectionFactory;

/**
 * An echo in the place of the application's own flow. So what these tests say of a
 * connection holds whatever its handler answers. No configuration: it is not scanned for.
 */
final class EchoFlow {

	@Bean
	static IntegrationFlow echo(TcpNetServerConnectionFactory connectionFactory) {
		return IntegrationFlow
			.from(Tcp.inboundGateway(connectionFactory)
				.replyTimeout(0L)
				.phase(WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE + 1))
			.bridge()
			.get();
	}

}

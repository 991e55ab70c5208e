package io.tcpecho.bench;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.serializer.Deserializer;
import org.springframework.core.serializer.Serializer;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.integration.dsl.IntegrationFlow;
import org.springframework.integration.ip.dsl.Tcp;
import org.springframework.integration.ip.tcp.connection.TcpNetServerConnectionFactory;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;

/**
 * Spring Integration wired as its reference manual has it, with the dependencies of
 * tcp-echo: single use, the first read as the message, a backlog as everywhere here, and
 * every other default left alone, the threads among them unless they shall be virtual:
 * {@code WiredEcho --wired.port=PORT --wired.backlog=BACKLOG --wired.limit=LIMIT
 * --wired.virtual=true|false}.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class WiredEcho {

	static void main(String[] args) {
		SpringApplication.run(WiredEcho.class, args);
	}

	@Bean
	TcpNetServerConnectionFactory server(@Value("${wired.port}") int port, @Value("${wired.backlog}") int backlog,
			@Value("${wired.limit}") int limit, @Value("${wired.virtual}") boolean virtual) {
		TcpNetServerConnectionFactory server = new TcpNetServerConnectionFactory(port);
		server.setBacklog(backlog);
		server.setSingleUse(true);
		server.setSoTimeout((int) Duration.ofMinutes(30).toMillis());
		Deserializer<byte[]> firstRead = (input) -> read(input, limit);
		server.setDeserializer(firstRead);
		Serializer<byte[]> raw = (reply, output) -> output.write(reply);
		server.setSerializer(raw);
		if (virtual) {
			SimpleAsyncTaskExecutor executor = new SimpleAsyncTaskExecutor("wired-");
			executor.setVirtualThreads(true);
			server.setTaskExecutor(executor);
		}
		return server;
	}

	@Bean
	IntegrationFlow echo(TcpNetServerConnectionFactory server) {
		return IntegrationFlow.from(Tcp.inboundGateway(server)).handle((message, headers) -> message).get();
	}

	private static byte[] read(InputStream input, int limit) throws IOException {
		byte[] buffer = new byte[limit];
		int count = input.read(buffer);
		if (count < 0) {
			throw new SoftEndOfStreamException();
		}
		return Arrays.copyOf(buffer, count);
	}

}

package io.tcpecho.identity;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;

import io.tcpecho.server.TestService;
import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.info.BuildProperties;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The reply that says who answered, and what it saw.
 */
class IdentityTests {

	@ParameterizedTest
	@ValueSource(strings = { "127.0.0.1", "::1" })
	void aMessageIsAnsweredWithOneLineThatSaysWhoAnswered(String address) throws IOException {
		try (TestService service = TestService.start("echo.reply=identity", "echo.identity.instance=echo-0",
				"echo.identity.namespace=default", "echo.identity.node=worker-1")) {
			String version = service.context().getBean(BuildProperties.class).getVersion();
			try (TestClient client = connect(service, address)) {
				assertThat(client.write("hello").readText())
					.isEqualTo("{\"instance\":\"echo-0\",\"namespace\":\"default\","
							+ "\"node\":\"worker-1\",\"version\":\"" + version + "\",\"peer\":{\"address\":\"" + address
							+ "\",\"port\":" + client.localAddress().getPort() + "},\"local\":{\"address\":\"" + address
							+ "\",\"port\":" + service.port() + "},\"received\":5}\n");
			}
			assertThat(service.ended("echoed")).isEqualTo(1);
		}
	}

	@Test
	void whatIsNotKnownIsLeftOutAndTheInstanceIsTheHost() throws IOException {
		try (TestService service = TestService.start("echo.reply=identity"); TestClient client = service.connect()) {
			JsonNode reply = JsonMapper.shared().readTree(client.write("hello").readAll());
			assertThat(reply.propertyNames()).containsExactly("instance", "version", "peer", "local", "received");
			assertThat(reply.at("/instance").asString()).isEqualTo(InetAddress.getLocalHost().getHostName());
		}
	}

	@Test
	void whatIsReceivedIsTheMessage() throws IOException {
		try (TestService service = TestService.start("echo.reply=identity"); TestClient client = service.connect()) {
			JsonNode reply = JsonMapper.shared().readTree(client.write(new byte[20_000]).readAll());
			assertThat(reply.at("/received").asInt()).isEqualTo(100);
		}
	}

	@Test
	void anEmptyMessageGetsNothing() throws IOException {
		try (TestService service = TestService.start("echo.reply=identity"); TestClient client = service.connect()) {
			assertThat(client.halfClose().readAll()).isEmpty();
			await().until(() -> service.ended("empty") == 1);
		}
	}

	private static TestClient connect(TestService service, String address) throws IOException {
		return new TestClient(new Socket(InetAddress.getByName(address), service.port()));
	}

}

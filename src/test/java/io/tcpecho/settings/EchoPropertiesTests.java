package io.tcpecho.settings;

import java.time.Duration;
import java.util.Map;

import io.tcpecho.testing.TestSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.web.server.Ssl.ClientAuth;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class EchoPropertiesTests {

	@Test
	void theDefaultsAreTheDocumentedOnes() {
		assertThat(TestSettings.bind(Map.of()))
			.isEqualTo(new EchoProperties("", 23000, 1024, DataSize.ofBytes(100), 10_000, Duration.ofSeconds(10),
					new EchoProperties.Linger(Duration.ofSeconds(1), DataSize.ofKilobytes(64)), Duration.ofSeconds(20),
					EchoProperties.Reply.MESSAGE, new EchoProperties.Identity("", "", ""),
					EchoProperties.ProxyProtocol.OFF, new EchoProperties.Ssl("", ClientAuth.NONE)));
	}

	@Test
	void everySettingCanBeSet() {
		assertThat(TestSettings.bind(Map.ofEntries(Map.entry("echo.address", "127.0.0.1"), Map.entry("echo.port", "1"),
				Map.entry("echo.backlog", "5"), Map.entry("echo.max-message-size", "1KB"),
				Map.entry("echo.max-connections", "7"), Map.entry("echo.read-timeout", "30m"),
				Map.entry("echo.linger.timeout", "2s"), Map.entry("echo.linger.max-bytes", "0B"),
				Map.entry("echo.drain-timeout", "0s"), Map.entry("echo.reply", "identity"),
				Map.entry("echo.identity.instance", "echo-0"), Map.entry("echo.identity.namespace", "default"),
				Map.entry("echo.identity.node", "worker-1"), Map.entry("echo.proxy-protocol", "required"),
				Map.entry("echo.ssl.bundle", "echo"), Map.entry("echo.ssl.client-auth", "need"))))
			.isEqualTo(new EchoProperties("127.0.0.1", 1, 5, DataSize.ofKilobytes(1), 7, Duration.ofMinutes(30),
					new EchoProperties.Linger(Duration.ofSeconds(2), DataSize.ofBytes(0)), Duration.ZERO,
					EchoProperties.Reply.IDENTITY, new EchoProperties.Identity("echo-0", "default", "worker-1"),
					EchoProperties.ProxyProtocol.REQUIRED, new EchoProperties.Ssl("echo", ClientAuth.NEED)));
	}

	@ParameterizedTest
	@CsvSource({ "echo.port, -1", "echo.port, 65536", "echo.backlog, 0", "echo.max-message-size, 0B",
			"echo.max-message-size, 16385B", "echo.max-connections, 0", "echo.read-timeout, 99ms",
			"echo.read-timeout, 25h", "echo.linger.timeout, -1s", "echo.linger.timeout, 25h",
			"echo.linger.max-bytes, -1B", "echo.drain-timeout, -1s", "echo.drain-timeout, 25h" })
	void aValueOutOfBoundsIsRejectedByItsName(String name, String value) {
		assertThatExceptionOfType(BindException.class).isThrownBy(() -> TestSettings.bind(Map.of(name, value)))
			.havingRootCause()
			.withMessageContaining(name)
			.withMessageContaining("must be");
	}

	@Test
	void clientCertificatesWithoutTlsAreRejected() {
		assertThatExceptionOfType(BindException.class)
			.isThrownBy(() -> TestSettings.bind(Map.of("echo.ssl.client-auth", "want")))
			.havingRootCause()
			.withMessageContaining("echo.ssl.bundle");
	}

	@ParameterizedTest
	@ValueSource(strings = { "echo.identity.instance", "echo.identity.namespace", "echo.identity.node" })
	void aNameThatNoLineCanCarryIsRejected(String name) {
		for (String value : new String[] { "x".repeat(254), "a\nb" }) {
			assertThatExceptionOfType(BindException.class).isThrownBy(() -> TestSettings.bind(Map.of(name, value)))
				.havingRootCause()
				.withMessageContaining(name)
				.withMessageContaining("must be");
		}
	}

}

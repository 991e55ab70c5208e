package io.tcpecho.send;

import java.net.InetAddress;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.tcpecho.send.Result.send;
import static org.assertj.core.api.Assertions.assertThat;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class TargetTests {

	@ParameterizedTest
	@ValueSource(strings = { "--host=127.0.0.1:%d", "--host=127.0.0.1 -p %d", "--host=localhost:%d -4", "-4p%d" })
	void anIpv4AddressAndItsPort(String options) throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Result result = send((options.formatted(peer.port()) + " hello").split(" "));
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(result.err()).containsPattern("127.0.0.1:%d\\)? returned 5 of 5 bytes".formatted(peer.port()));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "--host=[::1]:%d", "--host=::1 -p %d", "--host=[::1] --port=%d -6" })
	void anIpv6AddressAndItsPort(String options) throws Exception {
		try (Peer peer = new Peer(InetAddress.ofLiteral("::1"), 0, Peer::echo)) {
			Result result = send((options.formatted(peer.port()) + " hello").split(" "));
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(result.err()).startsWith("echoed: [::1]:%d returned 5 of 5 bytes".formatted(peer.port()));
		}
	}

	@Test
	void noAddressOfTheFamilyIsUnreachable() {
		Result result = send("--host=127.0.0.1", "-6", "hello");
		assertThat(result.exitCode()).isEqualTo(6);
		assertThat(result.err()).startsWith("unresolved: no IPv6 address is known for 127.0.0.1");
		assertThat(send("--host=::1", "-4", "hello").err()).startsWith("unresolved: no IPv4 address is known for ::1");
	}

	@Test
	void twoPortsAreBadUsage() {
		Result result = send("--host=localhost:1", "--port=2", "hello");
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err()).startsWith("The port is given twice, by --host and by --port.");
	}

	@Test
	void twoFamiliesAreBadUsage() {
		Result result = send("-4", "-6", "hello");
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err()).startsWith("Use -4 or -6, not both.");
	}

}

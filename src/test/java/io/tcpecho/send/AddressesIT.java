package io.tcpecho.send;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A name with three addresses, of which the last alone is served. Only the JVM's own file
 * of hosts has such names, so it is a process.
 */
@Timeout(60)
class AddressesIT {

	private static Process send(Path directory, Peer peer, String... options) throws Exception {
		Path hosts = Files.writeString(directory.resolve("hosts"), """
				127.0.0.2 echo.test
				::1 echo.test
				127.0.0.1 echo.test
				""");
		List<String> arguments = new ArrayList<>(List.of("--host=echo.test:" + peer.port(), "hello"));
		arguments.addAll(List.of(options));
		return SendProcess.start(List.of("-Djava.net.preferIPv6Addresses=true", "-Djdk.net.hosts.file=" + hosts),
				arguments.toArray(String[]::new));
	}

	@Test
	void theSummaryHasEachAddressThatWasPassedOver(@TempDir Path directory) throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Process process = send(directory, peer, "--count=5", "--parallel=2", "--json");
			JsonNode summary = JsonMapper.shared().readTree(process.inputReader().readAllAsString());
			assertThat(process.waitFor()).isEqualTo(0);
			JsonNode failed = summary.get("failedAddresses");
			assertThat(failed.valueStream().map((address) -> address.get("address").asString())).containsExactly("::1",
					"127.0.0.2");
			JsonNode second = failed.get(1);
			assertThat(second.get("port").asInt()).isEqualTo(peer.port());
			assertThat(second.get("outcome").asString()).isEqualTo("refused");
			assertThat(second.get("count").asInt()).isEqualTo(5);
			assertThat(second.get("description").asString())
				.isEqualTo("echo.test (127.0.0.2:%d) refused the connection".formatted(peer.port()));
			assertThat(summary.get("lost").asInt()).isZero();
			assertThat(summary.get("otherFailedAddresses").asInt()).isZero();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "--count=2", "--count=20 --parallel=2" })
	void aLineForPeopleSaysHowOften(String options, @TempDir Path directory) throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Process process = send(directory, peer, (options + " --interval=0s").split(" "));
			String count = options.replaceAll("\\D*(\\d+).*", "$1");
			assertThat(process.errorReader().lines())
				.anyMatch((line) -> line.matches("passed over 127\\.0\\.0\\.2:%d \\(refused\\): %s, from \\S+ to \\S+"
					.formatted(peer.port(), count)));
		}
	}

	@Test
	void theLineOfAnExchangeSaysIt(@TempDir Path directory) throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			assertThat(send(directory, peer).errorReader().readLine())
				.startsWith("echoed: echo.test (127.0.0.1:%d) returned 5 of 5 bytes, after ".formatted(peer.port()))
				.contains(", echo.test (127.0.0.2:%d) refused the connection, seq=1 ".formatted(peer.port()));
		}
	}

}

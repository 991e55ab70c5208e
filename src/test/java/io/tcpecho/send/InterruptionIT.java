package io.tcpecho.send;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Ctrl-C and SIGTERM, while a service takes connections and stays silent.
 */
@Timeout(60)
@EnabledOnOs(value = OS.LINUX, disabledReason = "needs GNU env")
class InterruptionIT {

	@ParameterizedTest
	@CsvSource({ "INT, 130, --max-gap=1ms, 9", "TERM, 143, --max-gap=1ms, 9", "INT, 130, --quiet, 5",
			"TERM, 143, --fail-under=100%, 5" })
	void whatIsUnderWayIsNotLostAndAllIsNotWell(String signal, int exitCode, String option, int verdict)
			throws Exception {
		CountDownLatch taken = new CountDownLatch(4);
		try (Peer peer = Peer.sideBySide((client) -> {
			taken.countDown();
			Peer.staySilent(client);
		})) {
			Process process = SendProcess.startInterruptible("--port=" + peer.port(), "--parallel=4", "--duration=1h",
					"--timeout=1h", "--json", option, "hello");
			assertThat(taken.await(30, TimeUnit.SECONDS)).isTrue();
			SendProcess.signal(process, signal);
			JsonNode summary = JsonMapper.shared().readTree(process.inputReader().readAllAsString());
			assertThat(process.waitFor()).isEqualTo(exitCode);
			assertThat(summary.get("sent").asInt()).isEqualTo(4);
			assertThat(summary.get("lost").asInt()).isZero();
			assertThat(summary.get("unfinished").asInt()).isEqualTo(4);
			assertThat(summary.get("exitCode").asInt()).isEqualTo(verdict);
		}
	}

}

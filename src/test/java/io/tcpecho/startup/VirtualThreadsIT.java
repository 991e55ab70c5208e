package io.tcpecho.startup;

import java.time.Duration;
import java.util.Map;

import io.tcpecho.testing.EchoProcess;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * System properties with which the JVM can't run virtual threads.
 */
class VirtualThreadsIT {

	@ParameterizedTest
	@ValueSource(
			strings = { "jdk.virtualThreadScheduler.parallelism=0", "jdk.virtualThreadScheduler.maxPoolSize=many" })
	void aBadOneEndsTheStartAndTheMessageNamesIt(String property) throws Exception {
		try (EchoProcess echo = EchoProcess.launch(Map.of("JAVA_TOOL_OPTIONS", "-D" + property))) {
			assertThat(echo.awaitExit(Duration.ofMinutes(1))).isEqualTo(1);
			assertThat(echo.text()).contains("No virtual thread can run with the system properties " + property + ".")
				.doesNotContain("\tat ", " WARN ");
		}
	}

}

package io.tcpecho;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class AcceptFailuresTests {

	private final MeterRegistry meters = new SimpleMeterRegistry();

	private final AcceptFailures failures = new AcceptFailures(new EchoMetrics(this.meters));

	private final long now = System.nanoTime();

	@Test
	void thePauseDoublesFromFiveMillisecondsToASecondAndStartsAgainAfterASuccess() {
		List<Long> pauses = new ArrayList<>();
		for (int i = 0; i < 10; i++) {
			pauses.add(pauseAfterFailure());
		}
		assertThat(pauses).containsExactly(5L, 10L, 20L, 40L, 80L, 160L, 320L, 640L, 1_000L, 1_000L);
		this.failures.reset();
		assertThat(this.failures.isLasting()).isFalse();
		assertThat(pauseAfterFailure()).isEqualTo(5);
	}

	@Test
	void failuresAreCountedByTheirCause() {
		this.failures.add(new IOException("Too many open files"), this.now);
		this.failures.add(new IOException("Too many open files in system"), this.now);
		this.failures.add(new IOException("Protocol error"), this.now);
		this.failures.add(new IOException(), this.now);
		assertThat(count("descriptors")).isEqualTo(2);
		assertThat(count("other")).isEqualTo(2);
	}

	@Test
	void theLastFailureIsRememberedWhenItIsOver() {
		assertThat(this.failures.last()).isNull();
		this.failures.add(new IOException("Too many open files"), this.now);
		this.failures.reset();
		assertThat(this.failures.last().message()).isEqualTo("Too many open files");
	}

	@Test
	void failuresAndRecoveriesAreOneLineASecondAtMost(CapturedOutput output) {
		for (int i = 0; i < 100; i++) {
			this.failures.add(new IOException("Too many open files"), this.now);
			this.failures.reset();
		}
		assertThat(output.getAll().lines().filter((line) -> line.contains("accept") || line.contains("Accept")))
			.hasSize(1);
	}

	private long pauseAfterFailure() {
		this.failures.add(new IOException("Too many open files"), this.now);
		return Duration.ofNanos(this.failures.untilRetry(this.now)).toMillis();
	}

	private double count(String cause) {
		return this.meters.get("echo.accept.failures").tag("cause", cause).counter().count();
	}

}

package io.tcpecho;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class AcceptFailuresTests {

	private final AcceptFailures failures = new AcceptFailures();

	private long now = System.nanoTime();

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
	void listenersThatFailTogetherShareOnePause() {
		pauseAfterFailure();
		this.failures.add(new IOException("Too many open files"), this.now);
		this.failures.add(new IOException("Too many open files"), this.now);
		assertThat(this.failures.untilRetry(this.now)).isEqualTo(Duration.ofMillis(10).toNanos());
	}

	@Test
	void failuresAreCountedByTheirCause() {
		this.failures.add(new IOException("Too many open files"), this.now);
		this.failures.add(new IOException("Too many open files in system"), this.now);
		this.failures.add(new IOException("Protocol error"), this.now);
		this.failures.add(new IOException(), this.now);
		assertThat(this.failures.count(AcceptFailures.Cause.DESCRIPTORS)).isEqualTo(2);
		assertThat(this.failures.count(AcceptFailures.Cause.OTHER)).isEqualTo(2);
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
		HandlerTests.flush(output);
		int before = output.getAll().length();
		for (int i = 0; i < 100; i++) {
			this.failures.add(new IOException("Too many open files"), this.now);
			this.failures.reset();
		}
		HandlerTests.flush(output);
		assertThat(output.getAll()
			.substring(before)
			.lines()
			.filter((line) -> line.contains(AcceptFailures.class.getName() + " "))).hasSize(1);
	}

	private long pauseAfterFailure() {
		this.failures.add(new IOException("Too many open files"), this.now);
		long pause = this.failures.untilRetry(this.now);
		this.now += pause;
		return Duration.ofNanos(pause).toMillis();
	}

}

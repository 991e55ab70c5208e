package io.tcpecho;

import java.io.IOException;
import java.time.Duration;

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
	void itPausesAfterAFailureUntilASuccess() {
		assertThat(pauseAfterFailure()).isEqualTo(100);
		assertThat(pauseAfterFailure()).isEqualTo(100);
		assertThat(this.failures.isLasting()).isTrue();
		this.failures.reset();
		assertThat(this.failures.isLasting()).isFalse();
		assertThat(this.failures.untilRetry(this.now)).isEqualTo(Long.MAX_VALUE);
	}

	@Test
	void listenersThatFailTogetherShareOnePause() {
		this.failures.add(new IOException("Too many open files"), this.now);
		long half = Duration.ofMillis(50).toNanos();
		this.failures.add(new IOException("Too many open files"), this.now + half);
		assertThat(this.failures.untilRetry(this.now + half)).isEqualTo(half);
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
	void failuresAreOneLineForEachReportThatTheyCameBefore(CapturedOutput output) {
		HandlerTests.flush(output);
		int before = output.getAll().length();
		this.failures.report();
		for (int i = 0; i < 100; i++) {
			this.failures.add(new IOException("Too many open files"), this.now);
			this.failures.reset();
		}
		this.failures.report();
		this.failures.report();
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

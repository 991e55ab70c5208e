package io.tcpecho.server;

import java.io.IOException;

import io.tcpecho.testing.Logged;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class AcceptFailuresTests {

	private final AcceptFailures failures = new AcceptFailures();

	@Test
	void aFailureIsForWantOfDescriptorsIfThereAreNoneWhateverItSays() {
		this.failures.add(new IOException("Too many open files"));
		this.failures.add(new IOException());
		// With none it is tested by DescriptorsIT: it takes a process of its own.
		assertThat(this.failures.count(AcceptFailures.Cause.DESCRIPTORS)).isZero();
		assertThat(this.failures.count(AcceptFailures.Cause.OTHER)).isEqualTo(2);
	}

	@Test
	void theLastFailureIsRemembered() {
		assertThat(this.failures.last()).isNull();
		this.failures.add(new IOException("Too many open files"));
		assertThat(this.failures.last().message()).isEqualTo("Too many open files");
	}

	@Test
	void failuresAreOneLineForEachReportThatTheyCameBefore(CapturedOutput output) {
		Logged.flush(output);
		int before = output.getAll().length();
		this.failures.report();
		for (int i = 0; i < 100; i++) {
			this.failures.add(new IOException("Too many open files"));
		}
		this.failures.report();
		this.failures.report();
		Logged.flush(output);
		assertThat(output.getAll()
			.substring(before)
			.lines()
			.filter((line) -> line.contains(AcceptFailures.class.getName() + " "))).hasSize(1);
	}

}

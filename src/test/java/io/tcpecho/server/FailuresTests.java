package io.tcpecho.server;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is logged of failures, and how often.
 */
class FailuresTests {

	private final Logger logger = (Logger) LoggerFactory.getLogger(Failures.class);

	private final ListAppender<ILoggingEvent> log = new ListAppender<>();

	private final Failures failures = new Failures();

	@BeforeEach
	void listen() {
		this.log.start();
		this.logger.addAppender(this.log);
	}

	@AfterEach
	void stopListening() {
		this.logger.detachAppender(this.log);
	}

	@Test
	void eachKindOfFaultHasItsFirstWithItsStack() {
		this.failures.fault("192.0.2.1:7", wrapped(new IllegalStateException("one")));
		this.failures.fault("192.0.2.2:7", wrapped(new IllegalArgumentException("another")));
		this.failures.fault("192.0.2.3:7", wrapped(new IllegalStateException("one again")));
		assertThat(lines()).containsExactly("Failed for 192.0.2.1:7: java.lang.IllegalStateException: one",
				"Failed for 192.0.2.2:7: java.lang.IllegalArgumentException: another");
		assertThat(this.log.list).allMatch((event) -> event.getLevel() == Level.ERROR)
			.allMatch((event) -> event.getThrowableProxy() != null);
	}

	@Test
	void whatAClientHasSentMakesNoSecondLineAndNoColour() {
		this.failures.fault("192.0.2.1:7", new IllegalArgumentException("For input string: \"1\n\u001B[31m\""));
		assertThat(lines()).containsExactly(
				"Failed for 192.0.2.1:7: java.lang.IllegalArgumentException: For input string: \"1??[31m\"");
	}

	@Test
	void thoseThatFollowAreALineForEachKindThatNamesTheRootCauseOfTheNewest() {
		for (int i = 0; i < 3; i++) {
			this.failures.fault("192.0.2.1:" + i, wrapped(new IllegalStateException("number " + i)));
			this.failures.fault("192.0.2.2:" + i, wrapped(new IOException("number " + i)));
		}
		this.log.list.clear();
		this.failures.report();
		this.failures.report();
		assertThat(lines()).containsExactlyInAnyOrder(
				"Failed for 2 more in a second, the last for 192.0.2.1:2: java.lang.IllegalStateException: number 2",
				"Failed for 2 more in a second, the last for 192.0.2.2:2: java.io.IOException: number 2");
	}

	@Test
	void afterAMinuteWithoutOneOfItsKindTheNextIsTheFirstAgainAndNoneIsLeftUnsaid() {
		this.failures.fault("192.0.2.1:7", new IllegalStateException("one"));
		this.failures.fault("192.0.2.1:8", new IllegalStateException("one more"));
		aMinutePasses();
		this.failures.report();
		this.failures.report();
		this.failures.fault("192.0.2.1:9", new IllegalStateException("one again"));
		assertThat(lines()).containsExactly("Failed for 192.0.2.1:7: java.lang.IllegalStateException: one",
				"Failed for 1 more in a second, the last for 192.0.2.1:8: java.lang.IllegalStateException: one more",
				"Failed for 192.0.2.1:9: java.lang.IllegalStateException: one again");
	}

	@Test
	void oneThatComesEverySecondStaysTheSameKind() {
		for (int i = 0; i < 5; i++) {
			this.failures.fault("192.0.2.1:7", new IllegalStateException("one"));
			this.failures.report();
		}
		assertThat(lines()).hasSize(5).filteredOn((line) -> line.contains("1 more in a second")).hasSize(4);
	}

	@Test
	@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
	void causesThatGoRoundEnd() {
		Throwable one = new IllegalStateException("one");
		one.initCause(new IllegalStateException("another", one));
		this.failures.fault("192.0.2.1:7", one);
		assertThat(lines()).singleElement().asString().contains("java.lang.IllegalStateException: ");
	}

	@Test
	void failuresOfAcceptAreOneWarningForEachReportThatTheyCameBefore() {
		this.failures.report();
		for (int i = 0; i < 100; i++) {
			this.failures.accept(new IOException("Too many open files"));
		}
		this.failures.report();
		this.failures.report();
		assertThat(lines())
			.containsExactly("Cannot accept connections, not ready while that lasts: Too many open files");
		assertThat(this.log.list.getFirst().getLevel()).isEqualTo(Level.WARN);
	}

	/** Else the watcher, which reports, could wait for a thread that waits for it. */
	@Test
	@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
	void aFaultThatWaitsForTheLogHoldsUpNoReport() throws Exception {
		BlockedAppender appender = new BlockedAppender();
		appender.setContext(this.logger.getLoggerContext());
		appender.start();
		this.logger.addAppender(appender);
		try {
			Thread failing = Thread.ofVirtual()
				.start(() -> this.failures.fault("192.0.2.1:7", new IllegalStateException("it failed")));
			appender.entered.await();
			this.failures.report();
			assertThat(failing.isAlive()).isTrue();
			appender.released.countDown();
			failing.join();
		}
		finally {
			this.logger.detachAppender(appender);
		}
	}

	private static Throwable wrapped(Throwable cause) {
		return new IllegalStateException("what the library says of it", new IllegalStateException(cause));
	}

	private List<String> lines() {
		return this.log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
	}

	private void aMinutePasses() {
		((Map<?, ?>) ReflectionTestUtils.getField(this.failures, "kinds")).values()
			.forEach((kind) -> ReflectionTestUtils.setField(kind, "lastAt",
					(long) ReflectionTestUtils.getField(kind, "lastAt") - 60_000_000_000L));
	}

	private static final class BlockedAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {

		private final CountDownLatch entered = new CountDownLatch(1);

		private final CountDownLatch released = new CountDownLatch(1);

		@Override
		protected void append(ILoggingEvent event) {
			this.entered.countDown();
			try {
				this.released.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

}

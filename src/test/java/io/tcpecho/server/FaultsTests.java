package io.tcpecho.server;

import java.util.concurrent.CountDownLatch;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

class FaultsTests {

	/** Else the watcher, which reports, could wait for a thread that waits for it. */
	@Test
	@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
	void aFaultThatWaitsForTheLogHoldsUpNoReport() throws Exception {
		Logger logger = (Logger) LoggerFactory.getLogger(Faults.class);
		BlockedAppender appender = new BlockedAppender();
		appender.setContext(logger.getLoggerContext());
		appender.start();
		logger.addAppender(appender);
		try {
			Faults faults = new Faults();
			Thread failing = Thread.ofVirtual().start(() -> faults.add("192.0.2.1:7", "it failed", null));
			appender.entered.await();
			faults.report();
			assertThat(failing.isAlive()).isTrue();
			appender.released.countDown();
			failing.join();
		}
		finally {
			logger.detachAppender(appender);
		}
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

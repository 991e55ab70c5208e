package io.tcpecho.startup;

import ch.qos.logback.classic.AsyncAppender;

/**
 * Logback's queue before an appender, without its last warning: when a shutdown can't
 * empty the queue because nobody reads the output, Logback would say so on that very
 * output, and wait for ever. Public for Logback.
 */
public final class LogQueue extends AsyncAppender {

	@Override
	public void addWarn(String message) {
	}

}

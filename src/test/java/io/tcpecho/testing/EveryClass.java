package io.tcpecho.testing;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * What holds for every class of tests, which JUnit finds by itself: waits look often, and
 * long.
 */
public final class EveryClass implements BeforeAllCallback {

	@Override
	public void beforeAll(ExtensionContext context) {
		// A machine that is busy may take longer than the 10 s that are the default.
		Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
		// The default, 100 ms before the first look, would be most of many tests' time.
		Awaitility.setDefaultPollDelay(Duration.ZERO);
		Awaitility.setDefaultPollInterval((looks, _) -> Duration.ofMillis(Math.min(looks, 50)));
	}

}

package io.tcpecho.startup;

import java.io.IOException;
import java.io.UncheckedIOException;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.BeanCreationException;

import static org.assertj.core.api.Assertions.assertThat;

class PlaceFailureAnalyzerTests {

	@Test
	void whereNoFileCanBeWatchedTheLimitIsNamed() {
		// As the JDK says it of inotify_init(2), which no test should exhaust.
		IOException limit = new IOException("User limit of inotify instances reached or too many open files");
		assertThat(new PlaceFailureAnalyzer()
			.analyze(new BeanCreationException("sslBundleRegistry", "-", new UncheckedIOException(limit)))
			.getAction()).contains("fs.inotify.max_user_instances");
	}

}

package io.tcpecho;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import org.springframework.boot.micrometer.metrics.autoconfigure.export.prometheus.PrometheusOutputFormat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Who asks for a scrape while one is made, or right after, gets the same one.
 */
class SharedScrapeTests {

	@Test
	void aScrapeIsSharedForAMomentAndNoLonger() {
		try (TestService service = TestService.start()) {
			SharedScrape endpoint = service.context().getBean(SharedScrape.class);
			// Not always: this thread may have to wait for a processor in between.
			await().untilAsserted(() -> assertThat(scrape(endpoint)).isSameAs(scrape(endpoint)));
			byte[] first = scrape(endpoint);
			await().pollDelay(Duration.ofMillis(100))
				.untilAsserted(() -> assertThat(scrape(endpoint)).isNotEmpty().isNotSameAs(first));
		}
	}

	private static byte[] scrape(SharedScrape endpoint) {
		return endpoint.scrape(PrometheusOutputFormat.CONTENT_TYPE_004, null).getBody();
	}

}

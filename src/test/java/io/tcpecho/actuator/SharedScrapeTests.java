package io.tcpecho.actuator;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

import io.micrometer.core.instrument.Gauge;
import io.tcpecho.server.TestService;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
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

	@Test
	@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
	void whoAsksForNamesKeepsNobodyElseWaiting() throws Exception {
		try (TestService service = TestService.start()) {
			SharedScrape endpoint = service.context().getBean(SharedScrape.class);
			CountDownLatch entered = new CountDownLatch(1);
			CountDownLatch release = new CountDownLatch(1);
			Thread asking = Thread.ofPlatform()
				.unstarted(() -> endpoint.scrape(PrometheusOutputFormat.CONTENT_TYPE_004, Set.of("slow")));
			Gauge.builder("slow", () -> {
				if (Thread.currentThread() == asking) {
					entered.countDown();
					awaitUninterruptibly(release);
				}
				return 1;
			}).register(service.meters());
			asking.start();
			entered.await();
			assertThat(scrape(endpoint)).isNotEmpty();
			release.countDown();
			asking.join();
		}
	}

	private static void awaitUninterruptibly(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void theExportersPropertiesReachIt() {
		try (TestService service = TestService.start(
				"management.prometheus.metrics.export.properties[io.prometheus.exporter.include_created_timestamps]=true")) {
			assertThat(service.context()
				.getBean(SharedScrape.class)
				.scrape(PrometheusOutputFormat.CONTENT_TYPE_OPENMETRICS_100, null)
				.getBody()).asString().contains("echo_connections_accepted_created");
		}
	}

	/** The library's protobuf would have the JVM warn of what it may soon forbid. */
	@Test
	void whoAsksForProtobufGetsOpenMetrics() {
		try (TestService service = TestService.start()) {
			WebEndpointResponse<byte[]> response = service.context()
				.getBean(SharedScrape.class)
				.scrape(PrometheusOutputFormat.CONTENT_TYPE_PROTOBUF, null);
			assertThat(response.getContentType())
				.hasToString("application/openmetrics-text;version=1.0.0;charset=utf-8");
			assertThat(response.getBody()).asString().endsWith("# EOF\n");
		}
	}

	private static byte[] scrape(SharedScrape endpoint) {
		return endpoint.scrape(PrometheusOutputFormat.CONTENT_TYPE_004, null).getBody();
	}

}

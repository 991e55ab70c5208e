package io.tcpecho.actuator;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.prometheus.PrometheusOutputFormat;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.prometheus.PrometheusScrapeEndpoint;

/**
 * Spring Boot's scrape, shared by all who ask while one is made or up to 20 ms after.
 * Else clients that ask without reading would take the whole processor.
 */
@WebEndpoint(id = "prometheus")
final class SharedScrape extends PrometheusScrapeEndpoint {

	private static final long SHARED = TimeUnit.MILLISECONDS.toNanos(20);

	/** Its own lock, so that one is made at a time. */
	private final Map<PrometheusOutputFormat, Scrape> latest = new EnumMap<>(PrometheusOutputFormat.class);

	/** Of those with names, which are not shared: they wait for each other alone. */
	private final Object named = new Object();

	SharedScrape(PrometheusRegistry registry, PrometheusConfig config) {
		super(registry, config.prometheusProperties());
	}

	@Override
	@ReadOperation(producesFrom = PrometheusOutputFormat.class)
	public WebEndpointResponse<byte[]> scrape(PrometheusOutputFormat format, @Nullable Set<String> includedNames) {
		long asked = System.nanoTime();
		// The library's protobuf has the JVM warn of sun.misc.Unsafe, and says no more.
		PrometheusOutputFormat text = (format == PrometheusOutputFormat.CONTENT_TYPE_PROTOBUF)
				? PrometheusOutputFormat.CONTENT_TYPE_OPENMETRICS_100 : format;
		if (includedNames != null) {
			synchronized (this.named) {
				return super.scrape(text, includedNames);
			}
		}
		synchronized (this.latest) {
			Scrape scrape = this.latest.get(text);
			if (scrape == null || asked - scrape.ended() > SHARED) {
				scrape = new Scrape(super.scrape(text, null), System.nanoTime());
				this.latest.put(text, scrape);
			}
			return scrape.response();
		}
	}

	private record Scrape(WebEndpointResponse<byte[]> response, long ended) {
	}

}

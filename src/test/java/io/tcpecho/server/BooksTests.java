package io.tcpecho.server;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.tcpecho.testing.Logged;
import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationListener;
import org.springframework.integration.ip.tcp.connection.TcpConnectionEvent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The metrics contract: names, a series for everything from the start, and books that
 * balance.
 */
@ExtendWith(OutputCaptureExtension.class)
class BooksTests {

	private TestService service;

	@BeforeEach
	void start() {
		this.service = TestService.start("echo.read-timeout=2s", "echo.linger.timeout=300ms",
				"logging.level.io.tcpecho=debug");
	}

	@AfterEach
	void stop() {
		this.service.close();
	}

	@Test
	void everySeriesIsThereFromTheStart() {
		String scrape = this.service.context().getBean(PrometheusMeterRegistry.class).scrape();
		assertThat(scrape).contains("echo_connections_accepted_total 0.0")
			.contains("echo_connections_active 0.0")
			.contains("echo_connections_lingering 0.0")
			.contains("echo_connections_limit 10000.0")
			.contains("echo_reply_duration_seconds_count 0")
			.contains("echo_reply_duration_seconds_bucket{le=\"1.0E-5\"} 0")
			.contains("echo_reply_duration_seconds_bucket{le=\"1.0\"} 0")
			.contains("echo_received_bytes_total 0.0")
			.contains("echo_sent_bytes_total 0.0")
			.contains("echo_accept_failures_total 0.0")
			.contains("echo_listen_overflows_total ")
			.contains("echo_timewait_drops_total ")
			.contains("echo_exchange_oldest_seconds 0.0")
			.contains("echo_carriers ")
			.contains("echo_listener_up 1.0")
			.doesNotContain("spring_integration");
		for (String outcome : new String[] { "echoed", "empty", "timeout", "reset", "malformed", "aborted", "error" }) {
			assertThat(scrape).contains("echo_exchange_duration_seconds_count{outcome=\"" + outcome + "\"} 0")
				.contains("echo_exchange_duration_seconds_bucket{outcome=\"" + outcome + "\",le=\"5.0E-5\"} 0")
				.contains("echo_exchange_duration_seconds_bucket{outcome=\"" + outcome + "\",le=\"30.0\"} 0");
		}
	}

	@Test
	void theBooksBalanceAfterAnyMixOfClients(CapturedOutput output) throws IOException {
		int each = 50;
		for (int i = 0; i < each; i++) {
			assertThat(this.service.echo("hello")).isEqualTo("hello");
			try (TestClient empty = this.service.connect()) {
				assertThat(empty.halfClose().readAll()).isEmpty();
			}
			this.service.connect().reset();
		}
		try (TestClient silent = this.service.connect(); TestClient alsoSilent = this.service.connect()) {
			await().until(() -> this.service.accepted() == 3 * each + 2);
			await().until(() -> this.service.gauge("echo.connections.active") == 2);
			assertThat(this.service.accepted()).isEqualTo(this.service.ended() + 2);
			assertThat(silent.readAll()).isEmpty();
			assertThat(alsoSilent.readAll()).isEmpty();
		}
		// The watcher closes, which the client sees; then the connection's thread counts.
		await().until(() -> this.service.gauge("echo.connections.active") == 0);
		await().until(() -> this.service.gauge("echo.connections.lingering") == 0);
		Map<Outcome, Long> ended = Arrays.stream(Outcome.values())
			.collect(Collectors.toMap((outcome) -> outcome, this.service::ended));
		assertThat(ended).containsEntry(Outcome.ECHOED, (long) each)
			// A reset before the message is no more than an end of stream.
			.containsEntry(Outcome.EMPTY, 2L * each)
			.containsEntry(Outcome.RESET, 0L)
			.containsEntry(Outcome.TIMEOUT, 2L)
			.containsEntry(Outcome.ABORTED, 0L)
			.containsEntry(Outcome.ERROR, 0L);
		assertThat(this.service.accepted()).isEqualTo(3 * each + 2);
		assertThat(this.service.gauge("echo.connections.active")).isZero();
		assertThat(this.service.meters().get("echo.received").functionCounter().count()).isEqualTo(5 * each);
		assertThat(this.service.meters().get("echo.sent").functionCounter().count()).isEqualTo(5 * each);
		assertThat(this.service.meters().get("echo.reply.duration").timer().count()).isEqualTo(each);
		Logged.assertNothingAmiss(output);
	}

	@Test
	void aConnectionIsOneLineAtDebug(CapturedOutput output) throws IOException {
		String address;
		try (TestClient client = this.service.connect()) {
			address = ":" + client.localAddress().getPort();
			assertThat(client.write("hello").readText()).isEqualTo("hello");
		}
		assertThat(Logged.lines(output, address)).singleElement()
			.asString()
			.containsPattern("DEBUG .* echoed, 5 bytes in, 5 out, \\d+ µs");
	}

	@Test
	void anExchangePublishesNoConnectionEvents() throws IOException {
		List<Object> events = new CopyOnWriteArrayList<>();
		this.service.context().addApplicationListener((ApplicationListener<TcpConnectionEvent>) events::add);
		assertThat(this.service.echo("hello")).isEqualTo("hello");
		await().until(() -> this.service.gauge("echo.connections.lingering") == 0);
		assertThat(events).isEmpty();
	}

	@Test
	void nothingThatAClientSendsBecomesATag() throws IOException {
		long before = meters();
		for (int i = 0; i < 10; i++) {
			try (TestClient client = this.service.connect()) {
				client.write("message " + i).readAll();
			}
		}
		assertThat(meters()).isEqualTo(before);
	}

	private long meters() {
		return this.service.meters()
			.getMeters()
			.stream()
			.map(Meter::getId)
			.filter((id) -> id.getName().startsWith("echo."))
			.count();
	}

	@Test
	void aDurationIsMeasuredFromAcceptToTheEndOfTheExchange() throws IOException {
		try (TestClient client = this.service.connect()) {
			assertThat(client.readAll()).isEmpty();
		}
		// The watcher closes, which the client sees; then the connection's thread counts.
		await().untilAsserted(() -> assertThat(
				this.service.meters().get("echo.exchange.duration").tag("outcome", "timeout").meter().measure())
			.filteredOn((measurement) -> measurement.getStatistic() == Statistic.TOTAL_TIME)
			.singleElement()
			.satisfies((measurement) -> assertThat(measurement.getValue()).isBetween(0.3, 5.0)));
	}

}

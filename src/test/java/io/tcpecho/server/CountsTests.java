package io.tcpecho.server;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the books make of what they are told.
 */
class CountsTests {

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	private final Books books = new Books(this.registry);

	@Test
	void aConnectionIsActiveUntilItHasEndedAndLingersUntilItIsClosed() {
		this.books.accepted();
		this.books.accepted();
		assertThat(gauge("echo.connections.active")).isEqualTo(2);
		this.books.ended(Outcome.ECHOED, 1);
		assertThat(gauge("echo.connections.active")).isEqualTo(1);
		assertThat(gauge("echo.connections.lingering")).isEqualTo(1);
		this.books.closed();
		assertThat(gauge("echo.connections.lingering")).isZero();
		assertThat(counter("echo.connections.accepted")).isEqualTo(2);
	}

	@Test
	void eachEndIsCountedByItsOutcome() {
		this.books.ended(Outcome.ECHOED, 1);
		this.books.ended(Outcome.RESET, 1);
		this.books.ended(Outcome.RESET, 1);
		assertThat(this.books.endedByOutcome()).hasSize(Outcome.values().length)
			.containsEntry(Outcome.ECHOED, 1L)
			.containsEntry(Outcome.RESET, 2L)
			.containsEntry(Outcome.ERROR, 0L);
		assertThat(this.registry.get("echo.exchange.duration").tag("outcome", "reset").timer().count()).isEqualTo(2);
	}

	@Test
	void bytesAndFailuresAreCounted() {
		this.books.received(5);
		this.books.replied(7, 1);
		this.books.acceptFailed();
		assertThat(counter("echo.received")).isEqualTo(5);
		assertThat(counter("echo.sent")).isEqualTo(7);
		assertThat(counter("echo.accept.failures")).isEqualTo(1);
		assertThat(this.registry.get("echo.reply.duration").timer().count()).isEqualTo(1);
	}

	private double gauge(String name) {
		return this.registry.get(name).gauge().value();
	}

	private double counter(String name) {
		return this.registry.get(name).functionCounter().count();
	}

}

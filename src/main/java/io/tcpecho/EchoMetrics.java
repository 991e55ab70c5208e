package io.tcpecho;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.BaseUnits;

/**
 * The books: every connection is counted when it is accepted, when its exchange ends, and
 * when its socket is closed. The limit and the end of a drain go by {@link #open()}, so
 * that there is one count and not two. Every series exists from the start. Thread-safe.
 */
final class EchoMetrics {

	private static final Duration[] REPLY_BUCKETS = micros(10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000,
			25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000);

	private static final Duration[] EXCHANGE_BUCKETS = micros(50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000,
			50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000);

	private final Counter accepted;

	private final Map<Outcome, Timer> exchanges = new EnumMap<>(Outcome.class);

	private final Timer replies;

	private final Counter received;

	private final Counter sent;

	private final Map<AcceptFailures.Cause, Counter> acceptFailures = new EnumMap<>(AcceptFailures.Cause.class);

	private final AtomicInteger open = new AtomicInteger();

	private final AtomicInteger active = new AtomicInteger();

	EchoMetrics(MeterRegistry registry) {
		this.accepted = Counter.builder("echo.connections.accepted")
			.description("Connections accepted")
			.register(registry);
		Gauge.builder("echo.connections.active", this.active, AtomicInteger::get)
			.description("Connections whose exchange has not ended")
			.register(registry);
		Gauge.builder("echo.connections.lingering", this, EchoMetrics::lingering)
			.description("Connections whose exchange has ended and whose socket is still open")
			.register(registry);
		for (Outcome outcome : Outcome.values()) {
			this.exchanges.put(outcome,
					Timer.builder("echo.exchange.duration")
						.description("From accept to the end of the exchange, the client's own delay included")
						.tag("outcome", outcome.toString())
						.serviceLevelObjectives(EXCHANGE_BUCKETS)
						.register(registry));
		}
		this.replies = Timer.builder("echo.reply.duration")
			.description("From the first byte read to the reply written")
			.serviceLevelObjectives(REPLY_BUCKETS)
			.register(registry);
		this.received = Counter.builder("echo.received")
			.description("Bytes of messages")
			.baseUnit(BaseUnits.BYTES)
			.register(registry);
		this.sent = Counter.builder("echo.sent")
			.description("Bytes of replies")
			.baseUnit(BaseUnits.BYTES)
			.register(registry);
		for (AcceptFailures.Cause cause : AcceptFailures.Cause.values()) {
			this.acceptFailures.put(cause,
					Counter.builder("echo.accept.failures")
						.description("Failures of accept")
						.tag("cause", cause.toString())
						.register(registry));
		}
	}

	private static Duration[] micros(int... values) {
		return Arrays.stream(values).mapToObj((value) -> Duration.ofNanos(value * 1_000L)).toArray(Duration[]::new);
	}

	void accepted() {
		this.accepted.increment();
		this.open.incrementAndGet();
		this.active.incrementAndGet();
	}

	void received(int bytes) {
		this.received.increment(bytes);
	}

	void replied(long nanos, int bytes) {
		this.replies.record(nanos, TimeUnit.NANOSECONDS);
		this.sent.increment(bytes);
	}

	void ended(Outcome outcome, long nanos) {
		Objects.requireNonNull(this.exchanges.get(outcome)).record(nanos, TimeUnit.NANOSECONDS);
		this.active.decrementAndGet();
	}

	void closed() {
		this.open.decrementAndGet();
	}

	void acceptFailed(AcceptFailures.Cause cause) {
		Objects.requireNonNull(this.acceptFailures.get(cause)).increment();
	}

	/** Not below 0, which it would be if a connection came or went between the two. */
	private int lingering() {
		return Math.max(0, this.open.get() - this.active.get());
	}

	/** Sockets open now: active and lingering. */
	int open() {
		return this.open.get();
	}

	/** Exchanges that have ended so far with this outcome. */
	long ended(Outcome outcome) {
		return Objects.requireNonNull(this.exchanges.get(outcome)).count();
	}

}

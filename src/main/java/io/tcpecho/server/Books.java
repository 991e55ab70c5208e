package io.tcpecho.server;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.BaseUnits;

/**
 * The books: every connection is counted when it is accepted, when its exchange ends, and
 * when it is closed. The counts are the service's own, which Micrometer only reads, so
 * that they are right whatever meters are denied. Thread-safe.
 */
final class Books {

	private static final Duration[] REPLY_BUCKETS = micros(10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000,
			25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000);

	private static final Duration[] EXCHANGE_BUCKETS = micros(50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000,
			50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000);

	private final LongAdder accepted = new LongAdder();

	private final Map<Outcome, LongAdder> ended = forEachOutcome((_) -> new LongAdder());

	private final LongAdder closed = new LongAdder();

	private final LongAdder acceptFailures = new LongAdder();

	private final LongAdder received = new LongAdder();

	private final LongAdder sent = new LongAdder();

	private final Map<Outcome, Timer> exchanges;

	private final Timer replies;

	Books(MeterRegistry registry) {
		FunctionCounter.builder("echo.connections.accepted", this.accepted, LongAdder::sum)
			.description("Connections accepted")
			.register(registry);
		FunctionCounter.builder("echo.accept.failures", this.acceptFailures, LongAdder::sum)
			.description("Failures of accept")
			.register(registry);
		Gauge.builder("echo.connections.active", this, Books::active)
			.description("Connections whose exchange has not ended")
			.register(registry);
		Gauge.builder("echo.connections.lingering", this, Books::lingering)
			.description("Connections whose exchange has ended and whose socket is still open")
			.register(registry);
		this.exchanges = forEachOutcome((outcome) -> Timer.builder("echo.exchange.duration")
			.description("From accept to the end of the exchange, the client's own delay included")
			.tag("outcome", outcome.toString())
			.serviceLevelObjectives(EXCHANGE_BUCKETS)
			.register(registry));
		this.replies = Timer.builder("echo.reply.duration")
			.description("From the message read to the reply written")
			.serviceLevelObjectives(REPLY_BUCKETS)
			.register(registry);
		FunctionCounter.builder("echo.received", this.received, LongAdder::sum)
			.description("Bytes of messages")
			.baseUnit(BaseUnits.BYTES)
			.register(registry);
		FunctionCounter.builder("echo.sent", this.sent, LongAdder::sum)
			.description("Bytes of replies")
			.baseUnit(BaseUnits.BYTES)
			.register(registry);
	}

	private static Duration[] micros(int... values) {
		return Arrays.stream(values).mapToObj((value) -> Duration.ofNanos(value * 1_000L)).toArray(Duration[]::new);
	}

	private static <T> Map<Outcome, T> forEachOutcome(Function<Outcome, T> value) {
		return Arrays.stream(Outcome.values()).collect(Collectors.toUnmodifiableMap(Function.identity(), value));
	}

	void acceptFailed() {
		this.acceptFailures.increment();
	}

	void accepted() {
		this.accepted.increment();
	}

	void received(int bytes) {
		this.received.add(bytes);
	}

	void replied(int bytes, long nanos) {
		this.sent.add(bytes);
		this.replies.record(nanos, TimeUnit.NANOSECONDS);
	}

	void ended(Outcome outcome, long nanos) {
		Objects.requireNonNull(this.ended.get(outcome)).increment();
		Objects.requireNonNull(this.exchanges.get(outcome)).record(nanos, TimeUnit.NANOSECONDS);
	}

	void closed() {
		this.closed.increment();
	}

	/** Exchanges that have ended so far, by outcome. */
	Map<Outcome, Long> endedByOutcome() {
		Map<Outcome, Long> ended = new EnumMap<>(Outcome.class);
		this.ended.forEach((outcome, count) -> ended.put(outcome, count.sum()));
		return ended;
	}

	private long active() {
		// What comes later in a connection's life is read first, here and below: else the
		// difference could be negative.
		long ended = endedInAll();
		return this.accepted.sum() - ended;
	}

	private long lingering() {
		long closed = this.closed.sum();
		return endedInAll() - closed;
	}

	private long endedInAll() {
		return this.ended.values().stream().mapToLong(LongAdder::sum).sum();
	}

}

package io.tcpecho;

import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * Up while new clients are served, or wait only for a permit: a full service is busy, not
 * broken.
 */
record ListenerHealthIndicator(EchoConnectionFactory server) implements HealthIndicator {

	@Override
	public Health health() {
		Health.Builder health = Health.status(this.server.isReady() ? Status.UP : Status.DOWN)
			.withDetail("address", Addresses.toString(this.server.address()))
			.withDetail("open", this.server.limit.acquired())
			.withDetail("limit", this.server.limit.limit())
			.withDetail("listeners", listeners());
		List<String> stuck = this.server.listeners()
			.stream()
			.filter((listener) -> listener.state() == EchoListener.State.STUCK)
			.map(EchoListener::toString)
			.toList();
		if (!stuck.isEmpty()) {
			health.withDetail("stuck", stuck);
		}
		Instant notReadySince = this.server.notReadySince();
		if (notReadySince != null) {
			health.withDetail("notReadySince", notReadySince);
		}
		AcceptFailures.Failure failure = this.server.acceptFailures.last();
		if (failure != null) {
			health.withDetail("lastAcceptFailure", failure);
		}
		return health.build();
	}

	private Map<EchoListener.State, Long> listeners() {
		Map<EchoListener.State, Long> counts = new EnumMap<>(EchoListener.State.class);
		Arrays.stream(EchoListener.State.values()).forEach((state) -> counts.put(state, this.server.count(state)));
		return counts;
	}

}

package io.tcpecho.server;

import io.tcpecho.settings.Addresses;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * Up while new clients are served, or wait only for a permit: a full service is busy, not
 * broken.
 */
record ListenerHealthIndicator(EchoConnectionFactory factory) implements HealthIndicator {

	@Override
	public Health health() {
		String reason = this.factory.availability().notReadyBecause();
		Health.Builder health = Health.status((reason == null) ? Status.UP : Status.DOWN)
			.withDetail("address", Addresses.toString(this.factory.address()))
			.withDetail("open", this.factory.server().open().count())
			.withDetail("limit", this.factory.server().open().limit());
		if (reason != null) {
			health.withDetail("reason", reason);
		}
		AcceptFailures.Failure failure = this.factory.acceptFailures.last();
		if (failure != null) {
			health.withDetail("lastAcceptFailure", failure);
		}
		return health.build();
	}

}

package io.tcpecho.server;

import java.io.IOException;

import io.tcpecho.settings.Addresses;
import io.tcpecho.settings.EchoProperties;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Whether a new client is served, and why not. A full service is busy, not broken: it is
 * up. A part that has ended unwanted makes liveness fail, too. Thread-safe.
 */
final class Availability implements HealthIndicator {

	private static final Log log = LogFactory.getLog(Availability.class);

	private final EchoConnectionFactory factory;

	private volatile @Nullable String dead;

	Availability(EchoConnectionFactory factory) {
		this.factory = factory;
	}

	/** To be told when the port is bound. */
	void listening(EchoProperties properties) {
		log.info("Listening on %s, backlog %s, at most %s connections".formatted(
				Addresses.toString(this.factory.address()), Backlog.of(properties.backlog()),
				this.factory.server().open().limit()));
	}

	/** To be told of what has ended, and should go on. */
	void died(String who, @Nullable Throwable cause) {
		Failures.haltIfFatal(cause);
		this.dead = "the " + who + " has ended";
		log.error("Not live: " + this.dead + ", and only a restart helps", cause);
		AvailabilityChangeEvent.publish(this.factory.getApplicationEventPublisher(), this, LivenessState.BROKEN);
	}

	/** Whether a new client is served, or waits only for a permit. */
	boolean isReady() {
		return notReadyBecause() == null;
	}

	/** Null while it is ready. */
	@Nullable String notReadyBecause() {
		EchoServerSocket server = this.factory.server();
		if (this.dead != null) {
			return this.dead;
		}
		if (!server.isServing()) {
			return server.isBound() ? "stopping" : "not started";
		}
		IOException failure = server.failure;
		if (failure != null) {
			return "accept fails: " + failure.getMessage();
		}
		return this.factory.watcher.starvation();
	}

	@Override
	public Health health() {
		String reason = notReadyBecause();
		OpenConnections open = this.factory.server().open();
		Health.Builder health = ((reason == null) ? Health.up() : Health.down())
			.withDetail("address", Addresses.toString(this.factory.address()))
			.withDetail("open", open.count())
			.withDetail("limit", open.limit());
		if (reason != null) {
			health.withDetail("reason", reason);
		}
		return health.build();
	}

}

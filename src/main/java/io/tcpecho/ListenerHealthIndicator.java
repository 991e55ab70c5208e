package io.tcpecho;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/**
 * Up while connections are accepted, or wait only for a place: a full service is busy,
 * not broken.
 */
final class ListenerHealthIndicator extends AbstractHealthIndicator {

	private final EchoConnectionFactory server;

	private final EchoMetrics metrics;

	ListenerHealthIndicator(EchoConnectionFactory server, EchoMetrics metrics) {
		this.server = server;
		this.metrics = metrics;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		EchoListener listener = this.server.listener();
		builder.status(this.server.isAccepting() ? Status.UP : Status.DOWN)
			.withDetail("address", listener.getInetAddress().getHostAddress())
			.withDetail("port", listener.getLocalPort())
			.withDetail("open", this.metrics.open())
			.withDetail("limit", this.server.limit());
		AcceptFailures.Failure failure = listener.lastAcceptFailure();
		if (failure != null) {
			builder.withDetail("lastAcceptFailure", failure);
		}
	}

}

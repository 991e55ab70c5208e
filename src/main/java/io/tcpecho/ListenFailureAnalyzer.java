package io.tcpecho;

import java.net.SocketException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.web.server.WebServerException;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.NestedRuntimeException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Says why a port could not be opened, the service's or Actuator's, and what to do. */
@Order(Ordered.HIGHEST_PRECEDENCE)
record ListenFailureAnalyzer(Environment environment) implements FailureAnalyzer {

	@Override
	public @Nullable FailureAnalysis analyze(Throwable failure) {
		Throwable cause = NestedExceptionUtils.getMostSpecificCause(failure);
		if (!(cause instanceof SocketException || cause instanceof UnresolvedAddressException)) {
			return null;
		}
		boolean actuator = failure instanceof NestedRuntimeException nested
				&& nested.contains(WebServerException.class);
		String prefix = actuator ? "server" : "echo";
		String port = this.environment.getProperty(prefix + ".port", actuator ? "8080" : "23000");
		String reason = Objects.requireNonNullElse(cause.getMessage(), "Unknown host");
		String action = switch (reason) {
			case "Address already in use" ->
				"Take another %s.port, or stop what listens there: ss -ltnp \"sport = :%s\"".formatted(prefix, port);
			case "Permission denied" -> "Take a port from 1024 up for %s.port.".formatted(prefix);
			default -> "Correct %s.address, or leave it out to listen on all.".formatted(prefix);
		};
		String address = action.startsWith("Take") ? "port " + port
				: this.environment.getProperty(prefix + ".address", "all");
		return new FailureAnalysis("%s cannot listen on %s: %s.%s".formatted(actuator ? "Actuator" : "The service",
				address, reason,
				SettingsCheck.origin(this.environment, prefix + (action.startsWith("Take") ? ".port" : ".address"))),
				action, failure);
	}

}

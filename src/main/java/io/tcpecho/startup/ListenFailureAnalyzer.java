package io.tcpecho.startup;

import java.net.SocketException;

import io.tcpecho.server.CannotListenException;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.web.server.WebServerException;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Says why a port could not be opened, the service's or Actuator's, and what to do. */
@Order(Ordered.HIGHEST_PRECEDENCE)
record ListenFailureAnalyzer(Environment environment) implements FailureAnalyzer {

	@Override
	public @Nullable FailureAnalysis analyze(Throwable failure) {
		boolean actuator = false;
		boolean ours = false;
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			actuator |= cause instanceof WebServerException;
			ours |= cause instanceof CannotListenException;
		}
		Throwable cause = NestedExceptionUtils.getMostSpecificCause(failure);
		if (!(actuator && cause instanceof SocketException) && !ours) {
			return null;
		}
		String prefix = actuator ? "server" : "echo";
		String port = this.environment.getProperty(prefix + ".port", actuator ? "8080" : "23000");
		String reason = String.valueOf(cause.getMessage());
		return switch (reason) {
			case "Address already in use" -> analysis(prefix + ".port", "port " + port, reason,
					"Take another %s.port, or stop what listens there: ss -ltnp \"sport = :%s\"".formatted(prefix,
							port),
					failure);
			case "Permission denied" -> analysis(prefix + ".port", "port " + port, reason,
					"Take a port from 1024 up for %s.port.".formatted(prefix), failure);
			default -> analysis(prefix + ".address", this.environment.getProperty(prefix + ".address", "all"), reason,
					"Correct %s.address, or leave it out to listen on all.".formatted(prefix), failure);
		};
	}

	private FailureAnalysis analysis(String setting, String where, String reason, String action, Throwable failure) {
		return new FailureAnalysis(
				"%s cannot listen on %s: %s.%s".formatted(setting.startsWith("echo.") ? "The service" : "Actuator",
						where, reason, SettingsCheck.origin(this.environment, setting)),
				action, failure);
	}

}

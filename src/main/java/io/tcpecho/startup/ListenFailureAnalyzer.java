package io.tcpecho.startup;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
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

/**
 * Says why a port could not be opened, the service's or Actuator's, and what to do. It
 * finds out by trying, because the message of the failure has the system's language.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
record ListenFailureAnalyzer(Environment environment) implements FailureAnalyzer {

	private static final int FIRST_UNPRIVILEGED_PORT = 1024;

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
		String address = this.environment.getProperty(prefix + ".address", "");
		int port = this.environment.getProperty(prefix + ".port", Integer.class, actuator ? 8080 : 23000);
		String reason = endpoint(address, 0).isUnresolved() ? "Unknown host" : String.valueOf(cause.getMessage());
		if (!canListen(address, 0)) {
			return analysis(prefix + ".address", address.isEmpty() ? "all" : address, reason,
					"Correct %s.address, or leave it out to listen on all.".formatted(prefix), failure);
		}
		String action = (port < FIRST_UNPRIVILEGED_PORT && !canListen(address, 1))
				? "Take a port from 1024 up for %s.port.".formatted(prefix)
				: "Take another %s.port, or stop what listens there: ss -ltnp \"sport = :%s\"".formatted(prefix, port);
		return analysis(prefix + ".port", "port " + port, reason, action, failure);
	}

	private static boolean canListen(String address, int port) {
		try (ServerSocket socket = new ServerSocket()) {
			socket.bind(endpoint(address, port));
			return true;
		}
		catch (IOException | IllegalArgumentException ex) {
			return false;
		}
	}

	private static InetSocketAddress endpoint(String address, int port) {
		return address.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(address, port);
	}

	private FailureAnalysis analysis(String setting, String where, String reason, String action, Throwable failure) {
		return new FailureAnalysis(
				"%s cannot listen on %s: %s.%s".formatted(setting.startsWith("echo.") ? "The service" : "Actuator",
						where, reason, SettingsCheck.origin(this.environment, setting)),
				action, failure);
	}

}

package io.tcpecho.startup;

import java.util.LinkedHashSet;
import java.util.Set;

import io.tcpecho.settings.KeyMaterial;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;

import org.springframework.beans.BeansException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.json.JsonParseException;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Says why a start has failed where others would quote a value that may be a key or a
 * password. Comes first, so that it is taken.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class SecretFailureAnalyzer implements FailureAnalyzer {

	@Override
	public @Nullable FailureAnalysis analyze(Throwable failure) {
		Set<String> reasons = new LinkedHashSet<>();
		boolean hidden = false;
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof JsonParseException) {
				return new FailureAnalysis(
						"SPRING_APPLICATION_JSON is no JSON%s."
							.formatted(place(NestedExceptionUtils.getMostSpecificCause(cause))),
						"Correct it. An object has settings by their names: {\"echo\": {\"port\": 7000}}", failure);
			}
			if (cause instanceof BeansException) {
				continue;
			}
			String reason = cause.getMessage();
			if (reason != null) {
				hidden |= KeyMaterial.isIn(reason);
				KeyMaterial.hide(reason).lines().findFirst().ifPresent(reasons::add);
			}
			if (cause instanceof FailureAnalyzedException) {
				// It has said all of those below it.
				break;
			}
		}
		return hidden ? new FailureAnalysis(String.join(": ", reasons),
				"Correct the setting that has … there, which may be a key. A file is file:PATH. A key in a setting needs PEM's first and last line, or base64: before all of that in Base64, and can't be reloaded.",
				failure) : null;
	}

	private static String place(Throwable cause) {
		TokenStreamLocation place = (cause instanceof JacksonException json) ? json.getLocation() : null;
		return (place != null) ? ": line %s, column %s".formatted(place.getLineNr(), place.getColumnNr()) : "";
	}

}

package io.tcpecho.startup;

import java.util.LinkedHashSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.BeansException;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.web.server.WebServerException;

/**
 * Says what is wrong with the place in which the service starts: its directory for
 * temporary files, or the files of its certificates.
 */
final class PlaceFailureAnalyzer implements FailureAnalyzer {

	@Override
	public @Nullable FailureAnalysis analyze(Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof WebServerException && firstLine(cause).contains("java.io.tmpdir")) {
				return new FailureAnalysis(
						"Actuator has no directory for temporary files: %s can't be written."
							.formatted(System.getProperty("java.io.tmpdir")),
						"Let -Djava.io.tmpdir name a directory that can be.", failure);
			}
			if (cause instanceof BeanCreationException bean && "sslBundleRegistry".equals(bean.getBeanName())) {
				String reasons = reasons(cause);
				return new FailureAnalysis("A bundle of certificates can't be used: %s.".formatted(reasons),
						// Of the user on this machine, by whatever processes: inotify(7).
						reasons.contains("inotify")
								? "Raise fs.inotify.max_user_instances, or leave reload-on-update out."
								: "Correct the settings of spring.ssl.bundle, or the files that they name.",
						failure);
			}
		}
		return null;
	}

	/** What those say that are not about beans, outermost first. */
	private static String reasons(Throwable failure) {
		Set<String> reasons = new LinkedHashSet<>();
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (!(cause instanceof BeansException)) {
				reasons.add(firstLine(cause));
			}
		}
		return String.join(": ", reasons);
	}

	/** Of its message, or its name if it has none. */
	static String firstLine(Throwable failure) {
		String message = failure.getMessage();
		return (message != null) ? message.lines().findFirst().orElse("") : failure.getClass().getSimpleName();
	}

}

package io.tcpecho;

import java.util.Optional;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.info.GitProperties;
import org.springframework.stereotype.Component;

/**
 * Which build runs, as the labels of a metric that is always 1.
 */
@Component
final class BuildMetrics implements MeterBinder {

	/** Where it was built of a source archive, or of classes that Maven did not make. */
	private static final String UNKNOWN = "unknown";

	private final String version;

	private final String commit;

	BuildMetrics(ObjectProvider<BuildProperties> build, ObjectProvider<GitProperties> git) {
		this.version = Optional.ofNullable(build.getIfAvailable()).map(BuildProperties::getVersion).orElse(UNKNOWN);
		this.commit = Optional.ofNullable(git.getIfAvailable()).map(GitProperties::getShortCommitId).orElse(UNKNOWN);
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		Gauge.builder("echo.build.info", () -> 1)
			.description("The version and the commit that run")
			.tag("version", this.version)
			.tag("commit", this.commit)
			.register(registry);
	}

}

package io.tcpecho.send;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.InetSocketAddress;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

import io.tcpecho.settings.Addresses;
import org.jspecify.annotations.Nullable;

/**
 * What {@code --json} prints. Members are only ever added.
 */
final class Json {

	private Json() {
	}

	static JsonLine of(int sequence, Exchange exchange, ExitCode verdict) {
		InetSocketAddress address = exchange.address();
		Identity identity = exchange.identity();
		return new JsonLine().put("type", "exchange")
			.put("sequence", sequence)
			.put("outcome", exchange.outcome())
			.put("exitCode", verdict.code())
			.put("address", (address != null) ? Addresses.toString(Objects.requireNonNull(address.getAddress())) : null)
			.put("port", (address != null) ? address.getPort() : null)
			.put("milliseconds", (address != null) ? SummaryLines.milliseconds(exchange.nanoseconds()) : null)
			.put("reply", Base64.getEncoder().encodeToString(exchange.reply()))
			.put("description", exchange.description())
			.put("instance", (identity != null) ? identity.instance() : null);
	}

	static JsonLine of(Summary summary, SummaryLines lines) {
		Times times = summary.times();
		Gap gap = summary.gap();
		return new JsonLine().put("type", "summary")
			.put("sent", summary.sent())
			.put("echoed", summary.echoed())
			.put("lost", summary.lost())
			.put("minMilliseconds", summary.hasTimes() ? SummaryLines.milliseconds(times.min()) : null)
			.put("avgMilliseconds", summary.hasTimes() ? SummaryLines.milliseconds(times.average()) : null)
			.put("p99Milliseconds", percentile(summary, 99))
			.put("maxMilliseconds", summary.hasTimes() ? SummaryLines.milliseconds(times.max()) : null)
			.put("exitCode", summary.exitCode().code())
			.put("p50Milliseconds", percentile(summary, 50))
			.put("p90Milliseconds", percentile(summary, 90))
			.put("p999Milliseconds", percentile(summary, 99.9))
			.put("parallel", lines.parallel())
			.put("warmUp", summary.warmUp())
			.put("seconds", rounded(summary.seconds()))
			.put("rate", rounded(summary.rate()))
			.put("failures", failures(summary))
			.put("gapMilliseconds", SummaryLines.milliseconds(gap.nanoseconds()))
			.put("gapFrom", summary.clock().at(gap.from()))
			.put("gapTo", summary.clock().at(gap.to()))
			.put("gapResolution", lines.resolution())
			.put("instances", instances(summary))
			.put("otherInstances", summary.otherInstances());
	}

	private static @Nullable BigDecimal percentile(Summary summary, double percent) {
		return summary.hasTimes() ? SummaryLines.milliseconds(summary.times().percentile(percent)) : null;
	}

	private static BigDecimal rounded(double value) {
		return BigDecimal.valueOf(value).setScale(3, RoundingMode.HALF_UP);
	}

	private static List<JsonLine> failures(Summary summary) {
		return summary.failures()
			.entrySet()
			.stream()
			.map((failure) -> seen(new JsonLine().put("outcome", failure.getKey()), failure.getValue(), summary)
				.put("description", failure.getValue().note()))
			.toList();
	}

	private static List<JsonLine> instances(Summary summary) {
		return summary.instances()
			.entrySet()
			.stream()
			.map((instance) -> seen(toJson(instance.getKey()), instance.getValue(), summary))
			.toList();
	}

	private static JsonLine toJson(Identity identity) {
		return new JsonLine().put("instance", identity.instance())
			.put("namespace", identity.namespace())
			.put("node", identity.node())
			.put("version", identity.version());
	}

	private static JsonLine seen(JsonLine json, Tally.Sightings seen, Summary summary) {
		return json.put("count", seen.count())
			.put("first", summary.clock().at(seen.first()))
			.put("last", summary.clock().at(seen.last()));
	}

}

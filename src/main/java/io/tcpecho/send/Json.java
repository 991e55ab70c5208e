package io.tcpecho.send;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.InetSocketAddress;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.tcpecho.settings.Addresses;
import org.jspecify.annotations.Nullable;

/**
 * What {@code --json} prints: one object on one line, in ASCII, so that no locale can
 * spoil it. Members are only ever added.
 */
final class Json {

	private final StringJoiner members = new StringJoiner(",", "{", "}");

	static Json of(int sequence, Exchange exchange, ExitCode verdict) {
		Instance instance = exchange.instance();
		return new Json().put("type", "exchange")
			.put("sequence", sequence)
			.put("outcome", exchange.ending())
			.put("exitCode", verdict.code())
			.put(exchange.address())
			.put("milliseconds", (exchange.address() != null) ? Figures.milliseconds(exchange.nanoseconds()) : null)
			.put("reply", Base64.getEncoder().encodeToString(exchange.reply()))
			.put("description", exchange.description())
			.put("instance", (instance != null) ? instance.name() : null)
			.put("certificate", (exchange.certificate() != null) ? of(exchange.certificate()) : null);
	}

	static Json of(Figures figures, ExitCode exitCode, int parallel, String gapResolution) {
		return new Json().put("type", "summary")
			.put("sent", figures.sent())
			.put("echoed", figures.echoed())
			.put("lost", figures.lost())
			.put("minMilliseconds", figures.percentile(0))
			.put("avgMilliseconds", figures.average())
			.put("p99Milliseconds", figures.percentile(99))
			.put("maxMilliseconds", figures.percentile(100))
			.put("exitCode", exitCode.code())
			.put("p50Milliseconds", figures.percentile(50))
			.put("p90Milliseconds", figures.percentile(90))
			.put("p999Milliseconds", figures.percentile(99.9))
			.put("parallel", parallel)
			.put("warmUp", figures.warmUp())
			.put("seconds", rounded(figures.seconds()))
			.put("rate", rounded(figures.rate()))
			.put("failures", list(figures.failures(), (ending) -> new Json().put("outcome", ending)))
			.put("gapMilliseconds", Figures.milliseconds(figures.gap()))
			.put("gapFrom", figures.gapFrom())
			.put("gapTo", figures.gapTo())
			.put("gapResolution", gapResolution)
			.put("instances", list(figures.instances(), Json::of))
			.put("otherInstances", figures.instances().others())
			.put("certificates", list(figures.certificates(), Json::of))
			.put("otherCertificates", figures.certificates().others())
			.put("unfinished", figures.unfinished())
			.put("failedAddresses", list(figures.failedAddresses(), Json::of))
			.put("otherFailedAddresses", figures.failedAddresses().others());
	}

	private static Json of(Figures.FailedAddress failed) {
		return new Json().put(failed.address()).put("outcome", failed.ending());
	}

	private static Json of(Instance instance) {
		return new Json().put("instance", instance.name())
			.put("namespace", instance.namespace())
			.put("node", instance.node())
			.put("version", instance.version());
	}

	private static Json of(Tls.Certificate certificate) {
		return new Json().put("subject", certificate.subject())
			.put("serial", certificate.serial())
			.put("notAfter", certificate.notAfter());
	}

	private static <K> List<Json> list(Tally<K> tally, Function<K, Json> what) {
		return tally.sightings().entrySet().stream().map((entry) -> {
			Tally.Sightings seen = entry.getValue();
			Json json = what.apply(entry.getKey())
				.put("count", seen.count())
				.put("first", seen.first())
				.put("last", seen.last());
			boolean failure = entry.getKey() instanceof Ending || entry.getKey() instanceof Figures.FailedAddress;
			return failure ? json.put("description", seen.description()) : json;
		}).toList();
	}

	private static BigDecimal rounded(double value) {
		return BigDecimal.valueOf(value).setScale(3, RoundingMode.HALF_UP);
	}

	private Json put(@Nullable InetSocketAddress address) {
		return put("address",
				(address != null) ? Addresses.toString(Objects.requireNonNull(address.getAddress())) : null)
			.put("port", (address != null) ? address.getPort() : null);
	}

	/** Adds numbers, objects, lists of objects and null as they are; else a string. */
	Json put(String name, @Nullable Object value) {
		boolean literal = value == null || value instanceof Number || value instanceof Json || value instanceof List<?>;
		this.members.add("\"" + name + "\":" + (literal ? value : quote(String.valueOf(value))));
		return this;
	}

	private static String quote(String value) {
		return value.chars()
			.mapToObj((character) -> (character < ' ' || character > '~' || character == '"' || character == '\\')
					? "\\u" + HexFormat.of().toHexDigits((char) character) : Character.toString(character))
			.collect(Collectors.joining("", "\"", "\""));
	}

	@Override
	public String toString() {
		return this.members.toString();
	}

}

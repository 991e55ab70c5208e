package io.tcpecho.send;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.tcpecho.settings.Addresses;
import org.jspecify.annotations.Nullable;
import org.springframework.web.util.HtmlUtils;

/**
 * The summary of a drill as tables in HTML, for who has no script or cannot see the
 * pictures.
 */
final class PlotTables {

	static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS", Locale.ROOT)
		.withZone(ZoneOffset.UTC);

	private PlotTables() {
	}

	static String of(Figures figures, String gapResolution) {
		return summary(figures, gapResolution)
				+ tally("Failures", figures.failures(), List.of("outcome", "the first"),
						(seen) -> Stream.of(seen.getKey(), seen.getValue().description()))
				+ tally("Instances", figures.instances(), List.of("instance", "namespace", "node", "version"),
						(seen) -> Stream.of(seen.getKey().name(), seen.getKey().namespace(), seen.getKey().node(),
								seen.getKey().version()))
				+ tally("Certificates", figures.certificates(), List.of("subject", "serial", "valid until (UTC)"),
						(seen) -> Stream.of(seen.getKey().subject(), seen.getKey().serial(),
								time(seen.getKey().notAfter())))
				+ tally("Addresses passed over", figures.failedAddresses(), List.of("address", "outcome"),
						(seen) -> Stream.of(Addresses.toString(seen.getKey().address()), seen.getKey().ending()));
	}

	private static String summary(Figures figures, String gapResolution) {
		return table("Summary", List.of(),
				Stream.of(List.of("sent", figures.sent()), List.of("echoed", figures.echoed()),
						List.of("lost", figures.lost()), List.of("unfinished", figures.unfinished()),
						List.of("rate",
								String.format(Locale.ROOT, "%.1f/s over %.3f s, without %d exchanges of warm-up",
										figures.rate(), figures.seconds(), figures.warmUp())),
						List.of("least", time(figures.percentile(0))), List.of("average", time(figures.average())),
						List.of("p50", time(figures.percentile(50))), List.of("p90", time(figures.percentile(90))),
						List.of("p99", time(figures.percentile(99))), List.of("p99.9", time(figures.percentile(99.9))),
						List.of("greatest", time(figures.percentile(100))),
						List.of("longest gap",
								Figures.milliseconds(figures.gap()) + " ms, from " + time(figures.gapFrom()) + " to "
										+ time(figures.gapTo()) + " UTC; " + gapResolution)));
	}

	private static <K> String tally(String caption, Tally<K> tally, List<String> heads,
			Function<Map.Entry<K, Tally.Sightings>, Stream<@Nullable Object>> cells) {
		Stream<List<@Nullable Object>> rows = tally.sightings().entrySet().stream().map((seen) -> {
			Tally.Sightings when = seen.getValue();
			return Stream.concat(cells.apply(seen), Stream.of(when.count(), time(when.first()), time(when.last())))
				.toList();
		});
		Stream<List<@Nullable Object>> others = (tally.others() > 0) ? Stream.of(List.of("others: " + tally.others()))
				: Stream.of();
		return tally.sightings().isEmpty() ? ""
				: table(caption,
						Stream.concat(heads.stream(), Stream.of("count", "first (UTC)", "last (UTC)")).toList(),
						Stream.concat(rows, others));
	}

	/** Without heads, the first cell of a row is its head. */
	private static String table(String caption, List<String> heads, Stream<? extends List<?>> rows) {
		String head = heads.isEmpty() ? "" : "<thead><tr>" + cells("th scope=\"col\"", "th", heads) + "</tr></thead>";
		return rows
			.map((row) -> heads.isEmpty()
					? cells("th scope=\"row\"", "th", row.subList(0, 1)) + cells("td", "td", row.subList(1, row.size()))
					: cells("td", "td", row))
			.collect(Collectors.joining("</tr>\n<tr>",
					"<div class=\"table\"><table><caption>" + caption + "</caption>" + head + "<tbody>\n<tr>",
					"</tr>\n</tbody></table></div>\n"));
	}

	/** What others have said may run from right to left. */
	private static String cells(String open, String close, List<?> values) {
		return values.stream()
			.map((value) -> (value != null) ? "<bdi>" + HtmlUtils.htmlEscape(value.toString()) + "</bdi>" : "")
			.collect(Collectors.joining("</" + close + "><" + open + ">", "<" + open + ">", "</" + close + ">"));
	}

	private static String time(@Nullable BigDecimal milliseconds) {
		return (milliseconds != null) ? milliseconds + " ms" : "none";
	}

	private static String time(Instant time) {
		return TIME.format(time);
	}

}

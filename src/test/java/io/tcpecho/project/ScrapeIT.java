package io.tcpecho.project;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.EchoProcess;
import io.tcpecho.testing.Scrape;
import io.tcpecho.testing.Tool;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What the dashboard, the alerts and the documents name is what the service exports.
 */
class ScrapeIT {

	/** A metric with its matchers; a function has a parenthesis. */
	private static final Pattern SELECTOR = Pattern.compile("([a-z_:0-9]+)\\{([^}]*)}");

	private static final Pattern MATCHER = Pattern.compile("(\\w+)(=~|!~|!=|=)\"([^\"]*)\"");

	private static final Pattern GROUPING = Pattern
		.compile("\\b(?:by|without|on|ignoring|group_left) \\(([\\w, ]*)\\)");

	private static final Pattern NAME = Pattern.compile("(?<![\\w:.-])(?:echo|jvm|process|ssl|system)_\\w+");

	private static final Pattern LABEL = Pattern.compile("`(\\w+)`");

	private static String text;

	private static Scrape scrape;

	/** Of a service with TLS, which exports what one without does, and more. */
	@BeforeAll
	static void scrape(@TempDir Path directory) throws Exception {
		Certificates certificates = new Certificates(directory).sign("echo");
		try (EchoProcess echo = EchoProcess.start(tls(certificates))) {
			collectGarbage(echo.pid());
			await().until(() -> echo.response("prometheus").body().contains("jvm_gc_pause_seconds_count"));
			text = echo.response("prometheus").body();
			scrape = Scrape.of(text);
		}
	}

	/** Arguments for TLS with the certificate "echo", and clients that may have one. */
	static String[] tls(Certificates certificates) {
		return Stream
			.of(certificates.bundle("echo", "echo.ssl.client-auth=want",
					"spring.ssl.bundle.pem.echo.truststore.certificate=file:" + certificates.ca()))
			.map("--"::concat)
			.toArray(String[]::new);
	}

	/** There are no series of pauses before the first. */
	static void collectGarbage(long pid) throws Exception {
		String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
		Process process = new ProcessBuilder(jcmd, String.valueOf(pid), "GC.run").redirectErrorStream(true).start();
		String output = process.inputReader().readAllAsString();
		assertThat(process.waitFor()).as(output).isZero();
	}

	static List<Watch.Query> queries() {
		return Watch.allQueries();
	}

	@ParameterizedTest
	@MethodSource("queries")
	void everyMetricAndLabelOfAQueryIsExported(Watch.Query query) {
		// In the place of what is recorded, what it is recorded of.
		String expression = query.expression();
		for (Map.Entry<String, String> recorded : recorded().entrySet()) {
			expression = expression.replace(recorded.getKey(), recorded.getValue());
		}
		Set<String> labels = new HashSet<>(Watch.LABELS_OF_KUBERNETES);
		labels.add("le");
		assertThat(NAME.matcher(expression).results().map(MatchResult::group)).allSatisfy((name) -> {
			assertThat(scrape.has(name)).isTrue();
			labels.addAll(scrape.labels(name.replaceFirst("_(bucket|count|sum)$", "")));
			labels.addAll(scrape.labels(name));
		});
		assertThat(SELECTOR.matcher(expression).results()).allSatisfy((selector) -> {
			String name = selector.group(1);
			if (Watch.isOfKubernetes(name)) {
				return;
			}
			assertThat(scrape.has(name) || Watch.METRICS_OF_PROMETHEUS.contains(name)).as(name).isTrue();
			assertThat(MATCHER.matcher(selector.group(2)).results())
				.filteredOn((matcher) -> !Watch.LABELS_OF_KUBERNETES.contains(matcher.group(1)))
				.allMatch((matcher) -> scrape.has(name, matcher.group(1), matcher.group(3)));
		});
		assertThat(GROUPING.matcher(expression)
			.results()
			.flatMap((grouping) -> Stream.of(grouping.group(1).split(", ", -1)))
			.filter((label) -> !label.isEmpty())).isSubsetOf(labels);
	}

	/** The metric that a recorded series is made of, by the name of that series. */
	private static Map<String, String> recorded() {
		return Watch.rules()
			.stream()
			.filter((rule) -> !rule.isAlert())
			.collect(Collectors.toMap(Watch.Rule::name, (rule) -> {
				Matcher selector = SELECTOR.matcher(rule.expression());
				assertThat(selector.find()).isTrue();
				return selector.group(1);
			}));
	}

	@Test
	void everyLabelOfAnAlertsTextAndOfALegendIsExported() {
		Set<String> labels = scrape.series()
			.stream()
			.flatMap((series) -> series.labels().keySet().stream())
			.collect(Collectors.toCollection(TreeSet::new));
		labels.addAll(Watch.LABELS_OF_KUBERNETES);
		assertThat(Watch.alerts()
			.stream()
			.flatMap((alert) -> Pattern.compile("\\$labels\\.(\\w+)")
				.matcher(alert.map("annotations").toString())
				.results())
			.map((label) -> label.group(1))).isNotEmpty().isSubsetOf(labels);
		assertThat(Pattern.compile("\\{\\{(\\w+)}}")
			.matcher(Watch.dashboard().toString())
			.results()
			.map((label) -> label.group(1))).isNotEmpty().isSubsetOf(labels);
	}

	@Test
	void everyMetricThatTheDocumentsNameIsExported() {
		assertThat(Stream.of(Watch.METRICS, Watch.OPERATIONS)
			.flatMap((document) -> NAME.matcher(Watch.read(document)).results())
			.map(MatchResult::group)
			.distinct()).isNotEmpty().allMatch(scrape::has);
	}

	@Test
	void everyMetricOfTheServiceIsDocumentedAndWhatIsDocumentedIsSo() {
		List<String[]> rows = Pattern.compile("^\\| `(\\w+)` \\| (\\w+) \\| (.*?) \\|", Pattern.MULTILINE)
			.matcher(Watch.read(Watch.METRICS))
			.results()
			.map((row) -> new String[] { row.group(1), row.group(2), row.group(3) })
			.toList();
		assertThat(rows).filteredOn((row) -> row[0].startsWith("echo_"))
			.extracting((row) -> row[0])
			.containsExactlyInAnyOrderElementsOf(
					scrape.types().keySet().stream().filter((name) -> name.startsWith("echo_")).toList());
		assertThat(rows).allSatisfy((row) -> {
			assertThat(scrape.types()).containsEntry(row[0], row[1]);
			assertThat(LABEL.matcher(row[2]).results().map((label) -> label.group(1)))
				.containsExactlyInAnyOrderElementsOf(scrape.labels(row[0]));
		});
	}

	@Test
	void theBuildIsThatOfTheJar() {
		assertThat(scrape.series()).filteredOn((series) -> series.name().equals("echo_build_info"))
			.singleElement()
			.satisfies((build) -> {
				assertThat(build.labels()).containsEntry("version",
						Chart.read("Chart.yaml").get("appVersion").toString());
				assertThat(build.labels().get("commit")).matches("[0-9a-f]{7,}|unknown");
			});
	}

	@Test
	void promtoolFindsNoFaultWithAMetricOfTheService() throws Exception {
		Tool.Result result = Tool.run(text, List.of("promtool"), "check", "metrics");
		assertThat(result.output().lines()).filteredOn((line) -> line.startsWith("echo_")).isEmpty();
		// It finds some with the JVM's; anything else would be text it cannot read.
		assertThat(result.exitCode()).as(result.output()).isIn(0, 3);
	}

}

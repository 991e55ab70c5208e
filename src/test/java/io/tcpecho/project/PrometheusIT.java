package io.tcpecho.project;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import javax.net.ssl.SSLContext;

import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.EchoProcess;
import io.tcpecho.testing.Tool;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A real Prometheus scrapes the packaged service under a mixed load: what does every
 * query of the dashboard, the alerts and the documents return? The answers are left in
 * {@code target/watch.txt}.
 */
@Timeout(120)
// First, for it only waits.
@Order(1)
class PrometheusIT {

	/** As many seconds as scrapes: the load needs to last as long. */
	private static final String RATE_INTERVAL = "10s";

	/** What the operator calls the job of the chart's PodMonitor. */
	private static final String JOB = Chart.NAMESPACE + "/echo-tcp-echo";

	private static final Path ANSWERS = Path.of("target/watch.txt");

	/** The signs in a matcher have no space around them. */
	private static final String COMPARISON = "\\s(==|!=|<=|>=|<|>)\\s";

	private final HttpClient http = HttpClient.newHttpClient();

	private String address;

	@Tag("echo")
	@Test
	void everyQueryReturnsWhatTheLoadSays(@TempDir Path directory) throws Exception {
		AtomicBoolean over = new AtomicBoolean();
		Certificates certificates = new Certificates(Files.createDirectory(directory.resolve("certificates")))
			.sign("echo");
		SSLContext client = certificates.client();
		try (EchoProcess echo = EchoProcess.start("--echo.read-timeout=200ms");
				EchoProcess secure = EchoProcess.start(ScrapeIT.tls(certificates));
				Tool.Server prometheus = Tool.serve(List.of("prometheus"),
						"--config.file=" + configuration(directory, echo.actuatorPort(), secure.actuatorPort()),
						"--storage.tsdb.path=" + directory.resolve("data"))) {
			this.address = prometheus.address();
			ScrapeIT.collectGarbage(echo.pid());
			CompletableFuture<Void> load = CompletableFuture.runAsync(() -> load(echo, secure, client, over));
			try {
				awaitScrapesUnderLoad();
				assertPanels();
				assertRules();
			}
			finally {
				over.set(true);
				load.join();
			}
		}
	}

	/**
	 * As a PodMonitor has the operator write it, and with the rules that the chart
	 * installs.
	 */
	private static Path configuration(Path directory, int actuatorPort, int other) throws IOException {
		Path rules = Files.writeString(directory.resolve("rules.yaml"), ChartWatchTests.rules(""));
		return Files.writeString(directory.resolve("prometheus.yaml"), """
				global:
				  scrape_interval: 1s
				  evaluation_interval: 1s
				rule_files: [ %s ]
				scrape_configs:
				  - job_name: %s
				    metrics_path: /actuator/prometheus
				    static_configs:
				      - targets: [ "127.0.0.1:%d" ]
				        labels: { namespace: %s, pod: echo-tcp-echo-0, container: tcp-echo }
				      - targets: [ "127.0.0.1:%d" ]
				        labels: { namespace: %s, pod: echo-tcp-echo-1, container: tcp-echo }
				  # What else there is in a Prometheus; the panels are of the job that is chosen.
				  - job_name: another
				    metrics_path: /actuator/prometheus
				    static_configs:
				      - targets: [ "127.0.0.1:%d" ]
				        labels: { namespace: %s }
				""".formatted(rules.getFileName(), JOB, actuatorPort, Chart.NAMESPACE, other, Chart.NAMESPACE,
				actuatorPort, Chart.NAMESPACE));
	}

	/**
	 * Of ten clients six or more are served, one of them with TLS, one each is empty and
	 * silent, and two reset.
	 */
	private static void load(EchoProcess echo, EchoProcess secure, SSLContext client, AtomicBoolean over) {
		while (!over.get()) {
			try {
				for (int i = 0; i < 5; i++) {
					echo.echo("hello");
				}
				try (Socket tls = Certificates.over(secure.connect(), client)) {
					EchoProcess.send(tls, "hello");
					assertThat(EchoProcess.receive(tls)).isEqualTo("hello");
				}
				echo.connect().close();
				for (int i = 0; i < 2; i++) {
					try (Socket reset = echo.connect()) {
						EchoProcess.send(reset, "hello");
						// It may still be too late: then it is echoed.
						reset.setSoLinger(true, 0);
					}
				}
				try (Socket silent = echo.connect()) {
					EchoProcess.receive(silent);
				}
			}
			catch (IOException ex) {
				throw new AssertionError(ex);
			}
		}
	}

	private void awaitScrapesUnderLoad() {
		await().atMost(Duration.ofSeconds(40)).ignoreExceptions().untilAsserted(() -> {
			assertThat(query("count_over_time(up[%s])".formatted(RATE_INTERVAL))).containsValue(10.0);
			assertThat(query(
					"min(sum by (outcome) (rate(echo_exchange_duration_seconds_count{outcome=~\"echoed|empty|timeout|reset\"}[5s])))"))
				.allSatisfy((_, rate) -> assertThat(rate).isPositive());
			assertThat(get("rules").at("/groups/0/rules").valueStream()).isNotEmpty()
				.allMatch((rule) -> "ok".equals(rule.at("/health").asString()));
		});
	}

	private void assertPanels() throws Exception {
		Map<String, Map<String, Double>> answers = new LinkedHashMap<>();
		for (Watch.Query query : Watch.allQueriesButRules()) {
			Map<String, Double> answer = query(withVariables(query.expression()));
			if (query.isOfTheService()) {
				answers.put(query.owner(), answer);
			}
		}
		Files.write(ANSWERS, lines(answers));
		assertThat(answers).allSatisfy((_, answer) -> assertThat(answer).isNotEmpty().doesNotContainValue(Double.NaN));
		assertThat(answers.get("Served")).containsValue(1.0);
		assertThat(only(answers, "Exchanges")).isPositive();
		assertThat(only(answers, "Reply, p99")).isBetween(1e-5, 1.0);
		assertThat(only(answers, "Open, of limit")).isBetween(0.0, 0.1);
		assertThat(answers.get("Accepting clients")).containsValue(1.0);
		// Two or three of nine, the empty one aside.
		assertThat(only(answers, "Timeouts and resets")).isBetween(0.15, 0.4);
		assertThat(answers.get("Exchanges by outcome")).hasSize(7).allSatisfy((labels, rate) -> {
			boolean unseen = Stream.of("aborted", "error", "malformed").anyMatch(labels::contains);
			assertThat(rate > 0).as(labels).isEqualTo(!unseen);
		});
		assertThat(answers.get("Faults of the service")).hasSize(2).allSatisfy((_, rate) -> assertThat(rate).isZero());
		assertThat(answers.get("Certificates, time left")).hasSize(2)
			.allSatisfy((_, left) -> assertThat(left).isBetween(80.0 * 86_400, 90.0 * 86_400));
		assertThat(only(answers, "Bytes: received")).isPositive();
		assertThat(only(answers, "Bytes: sent")).isPositive();
	}

	private void assertRules() throws Exception {
		Map<String, Map<String, Double>> values = new LinkedHashMap<>();
		Map<String, Map<String, Double>> compared = new LinkedHashMap<>();
		for (Watch.Rule rule : Watch.rules(ChartWatchTests.rules(""))) {
			// Here is no Kubernetes to ask: that it can be evaluated has to be enough.
			if (!rule.query().isOfTheService()) {
				query(rule.expression());
				continue;
			}
			values.put(rule.name(), query(rule.expression().split(COMPARISON, 2)[0]));
			// With bool a comparison keeps what it compares: all of it is there.
			compared.put(rule.name(), query(rule.expression().replaceAll(COMPARISON, " $1 bool ")));
			// Without, it need not hold, and must not fail.
			query(rule.expression());
		}
		Files.write(ANSWERS, lines(values), StandardOpenOption.APPEND);
		assertThat(values).allSatisfy((_, answer) -> assertThat(answer).isNotEmpty().doesNotContainValue(Double.NaN));
		assertThat(compared).allSatisfy((_, answer) -> assertThat(answer).isNotEmpty());
		// Of the load's clients, one in nine or more, once there have been enough for a
		// rate of 5 m. Of the others some go by the whole machine, which is not this
		// test's alone.
		await().atMost(Duration.ofMinutes(1))
			.untilAsserted(() -> assertThat(alerts()).contains("TcpEchoClientTimeouts", "TcpEchoClientResets"));
		assertThat(alerts()).doesNotContain("TcpEchoDown", "TcpEchoListenerDown", "TcpEchoExchangesHang",
				"TcpEchoMalformed", "TcpEchoErrorBudgetBurnFast", "TcpEchoErrorBudgetBurnSlow",
				"TcpEchoConnectionLimitNear", "TcpEchoDescriptorsNear", "TcpEchoAcceptFailures",
				"TcpEchoCertificateExpired", "TcpEchoCertificateExpires");
	}

	private List<String> alerts() throws Exception {
		return get("alerts").at("/alerts")
			.valueStream()
			.map((alert) -> alert.at("/labels/alertname").asString())
			.toList();
	}

	private static List<String> lines(Map<String, Map<String, Double>> answers) {
		return answers.entrySet().stream().map((answer) -> answer.getKey() + " = " + answer.getValue()).toList();
	}

	private static String withVariables(String expression) {
		return expression.replace("$__rate_interval", RATE_INTERVAL)
			.replace("$namespace", ".*")
			.replace("$job", JOB)
			.replace("$instance", ".+");
	}

	private static double only(Map<String, Map<String, Double>> values, String owner) {
		assertThat(values.get(owner)).hasSize(1);
		return values.get(owner).values().iterator().next();
	}

	/** The value of each series of the result, by its labels. */
	private Map<String, Double> query(String expression) throws Exception {
		Map<String, Double> values = new TreeMap<>();
		get("query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8)).at("/result")
			.valueStream()
			.forEach((series) -> values.put(series.at("/metric").toString(),
					Double.valueOf(series.at("/value/1").asString().replace("Inf", "Infinity"))));
		return values;
	}

	private JsonNode get(String path) throws Exception {
		URI uri = URI.create("http://%s/api/v1/%s".formatted(this.address, path));
		HttpResponse<String> response = this.http.send(HttpRequest.newBuilder(uri).build(),
				HttpResponse.BodyHandlers.ofString());
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return JsonMapper.shared().readTree(response.body()).at("/data");
	}

}

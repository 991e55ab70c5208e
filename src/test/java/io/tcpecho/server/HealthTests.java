package io.tcpecho.server;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;

import io.tcpecho.testing.Logged;
import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

/**
 * What probes and people are told over HTTP.
 */
@ExtendWith(OutputCaptureExtension.class)
class HealthTests {

	private static final HttpClient HTTP = HttpClient.newHttpClient();

	private static TestService service;

	@BeforeAll
	static void start() {
		service = TestService.start("echo.max-connections=5000");
	}

	@AfterAll
	static void stop() {
		service.close();
		HTTP.shutdownNow();
	}

	@Test
	void readinessShowsTheListener() throws Exception {
		try (TestClient client = service.connect()) {
			assertThat(client.localAddress()).isNotNull();
			await().until(() -> service.gauge("echo.connections.active") == 1);
			HttpResponse<String> response = get("/actuator/health/readiness");
			assertThat(response.statusCode()).isEqualTo(200);
			JsonNode details = json(response).at("/components/listener/details");
			assertThat(details.at("/address").asString()).isEqualTo("*:" + service.port());
			assertThat(details.at("/open").asInt()).isEqualTo(1);
			assertThat(details.at("/limit").asInt()).isEqualTo(5000);
		}
	}

	@Test
	void anAcceptLoopThatHasEndedFailsLivenessAndReadiness(CapturedOutput output) throws Exception {
		try (TestService other = TestService.start("echo.drain-timeout=0s")) {
			assertThat(get(other, "/actuator/health/liveness").statusCode()).isEqualTo(200);
			// No client and no setting can do that; it is as if its descriptor had gone
			// bad.
			other.factory().server().close();
			await().until(() -> get(other, "/actuator/health/liveness").statusCode() == 503);
			await().until(() -> get(other, "/actuator/health/readiness").statusCode() == 503);
			assertThat(other.gauge("echo.listener.up")).isZero();
			assertThat(Logged.lines(output, "Not live: the acceptor has ended")).hasSize(1);
		}
	}

	@Test
	void anAcceptorThatDiesClosesThePortFirst() throws Exception {
		try (TestService other = TestService.start()) {
			int port = other.port();
			// What it needs next is gone: a failure that nobody has thought of.
			ReflectionTestUtils.setField(other.factory().server(), "books", null);
			try (TestClient awaited = other.connect(); TestClient unlucky = other.connect()) {
				await().until(() -> get(other, "/actuator/health/liveness").statusCode() == 503);
				assertThatIOException().isThrownBy(() -> TestClient.connect(port));
				assertThat(awaited.write("hello").readText()).isEqualTo("hello");
				assertThat(unlucky.readAll()).isEmpty();
			}
		}
	}

	@Test
	void aWatcherThatHasEndedFailsLiveness() throws Exception {
		List<Thread> others = watchers();
		try (TestService other = TestService.start()) {
			watchers().stream().filter((watcher) -> !others.contains(watcher)).forEach(Thread::interrupt);
			await().until(() -> get(other, "/actuator/health/liveness").statusCode() == 503);
			JsonNode listener = json(get(other, "/actuator/health/readiness")).at("/components/listener");
			assertThat(listener.at("/details/reason").asString()).isEqualTo("the watcher has ended");
		}
	}

	private static List<Thread> watchers() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().equals("echo-watcher"))
			.toList();
	}

	@Test
	void infoTellsTheBuild() throws Exception {
		JsonNode info = json(get("/actuator/info"));
		assertThat(info.at("/build/artifact").asString()).isEqualTo("tcp-echo");
		assertThat(info.at("/build/version").asString()).isNotEmpty();
	}

	@Test
	void sbomListsWhatIsInTheJar() throws Exception {
		JsonNode sbom = json(get("/actuator/sbom/application"));
		assertThat(sbom.at("/bomFormat").asString()).isEqualTo("CycloneDX");
		assertThat(sbom.at("/metadata/component/name").asString()).isEqualTo("tcp-echo");
		// Not Spring Boot's, which its parent POM would hand down.
		assertThat(sbom.at("/metadata/component").toString()).contains("\"None chosen yet\"")
			.doesNotContain("VMware", "Apache", "spring-projects", "spring.io");
		assertThat(sbom.at("/components").valueStream().map((component) -> component.at("/name").asString()))
			.contains("spring-integration-ip", "picocli")
			.doesNotContain("spring-boot-starter-test");
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "env", "configprops", "beans", "heapdump", "threaddump", "loggers", "shutdown", "mappings" })
	void nothingThatRevealsOrChangesTheEnvironmentIsExposed(String endpoint) throws Exception {
		assertThat(get("/actuator/" + endpoint).statusCode()).isEqualTo(404);
	}

	@Test
	void prometheusScrapesTheBooks() throws Exception {
		assertThat(get("/actuator/prometheus").body()).contains("echo_connections_accepted_total");
	}

	private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
		return get(service, path);
	}

	private static HttpResponse<String> get(TestService asked, String path) throws IOException, InterruptedException {
		URI uri = URI.create("http://localhost:" + asked.actuatorPort() + path);
		return HTTP.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
	}

	private static JsonNode json(HttpResponse<String> response) {
		return JsonMapper.shared().readTree(response.body());
	}

}

package io.tcpecho.server;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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
import static org.awaitility.Awaitility.await;

/**
 * What probes and people are told over HTTP.
 */
@ExtendWith(OutputCaptureExtension.class)
class HealthTests {

	private final HttpClient http = HttpClient.newHttpClient();

	private TestService service;

	@BeforeEach
	void start() {
		this.service = TestService.start("echo.max-connections=5000");
	}

	@AfterEach
	void stop() {
		this.service.close();
		this.http.close();
	}

	@Test
	void readinessShowsTheListener() throws Exception {
		try (TestClient client = this.service.connect()) {
			assertThat(client.localAddress()).isNotNull();
			await().until(() -> this.service.gauge("echo.connections.active") == 1);
			HttpResponse<String> response = get("/actuator/health/readiness");
			assertThat(response.statusCode()).isEqualTo(200);
			JsonNode details = json(response).at("/components/listener/details");
			assertThat(details.at("/address").asString()).isEqualTo("*:" + this.service.port());
			assertThat(details.at("/open").asInt()).isEqualTo(1);
			assertThat(details.at("/limit").asInt()).isEqualTo(5000);
			assertThat(details.has("lastAcceptFailure")).isFalse();
		}
	}

	@Test
	void anAcceptLoopThatHasEndedFailsLivenessAndReadiness(CapturedOutput output) throws Exception {
		assertThat(get("/actuator/health/liveness").statusCode()).isEqualTo(200);
		// No client and no setting can do that; it is as if its descriptor had gone bad.
		this.service.factory().server().close();
		await().until(() -> get("/actuator/health/liveness").statusCode() == 503);
		await().until(() -> get("/actuator/health/readiness").statusCode() == 503);
		assertThat(this.service.gauge("echo.listener.up")).isZero();
		HandlerTests.flush(output);
		assertThat(output).contains("Not live: the acceptor has ended");
	}

	@Test
	void aWatcherThatHasEndedFailsLiveness() throws Exception {
		Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().equals("echo-watcher"))
			.forEach(Thread::interrupt);
		await().until(() -> get("/actuator/health/liveness").statusCode() == 503);
		JsonNode listener = json(get("/actuator/health/readiness")).at("/components/listener");
		assertThat(listener.at("/details/reason").asString()).isEqualTo("the watcher has ended");
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

	private HttpResponse<String> get(String path) throws IOException, InterruptedException {
		URI uri = URI.create("http://localhost:" + this.service.actuatorPort() + path);
		return this.http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
	}

	private static JsonNode json(HttpResponse<String> response) {
		return JsonMapper.shared().readTree(response.body());
	}

}

package io.tcpecho.project;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import com.jayway.jsonpath.JsonPath;
import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.EchoProcess;
import io.tcpecho.testing.Tool;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The blackbox exporter with the module from the documents.
 */
@Timeout(60)
class BlackboxIT {

	private static final List<String> NAMES = List.of("prometheus-blackbox-exporter", "blackbox_exporter");

	private static final Map<String, Object> PROBE = new Yaml().load(Watch.fencedYaml("kind: Probe"));

	@Tag("echo")
	@Test
	void theProbeOfTheDocumentsTellsAnEchoFromAnythingElse(@TempDir Path directory) throws Exception {
		Path module = Files.writeString(directory.resolve("blackbox.yaml"), Watch.fencedYaml("query_response"));
		try (Tool.Server exporter = Tool.serve(NAMES, "--config.file=" + module);
				EchoProcess echo = EchoProcess.start();
				EchoProcess cutting = EchoProcess.start("--echo.max-message-size=5B")) {
			assertThat(probe(exporter, echo.port())).contains("\nprobe_success 1\n", "\nprobe_failed_due_to_regex 0\n");
			assertThat(echo.ended("echoed")).isEqualTo(1);

			assertThat(probe(exporter, cutting.port())).contains("\nprobe_success 0\n");
			assertThat(cutting.ended("echoed")).isEqualTo(1);
		}
	}

	@Tag("echo")
	@Test
	void withTwoLinesMoreTheProbeSpeaksTls(@TempDir Path directory) throws Exception {
		Certificates certificates = new Certificates(Files.createDirectory(directory.resolve("certificates")))
			.sign("echo");
		Path module = Files.writeString(directory.resolve("blackbox.yaml"),
				Watch.fencedYaml("query_response") + Watch.fencedYaml("tls_config")
					.replace("/etc/blackbox/ca.crt", certificates.ca().toString())
					.replace("echo.example.com", "localhost"));
		try (Tool.Server exporter = Tool.serve(NAMES, "--config.file=" + module);
				EchoProcess echo = EchoProcess.start(ScrapeIT.tls(certificates))) {
			assertThat(probe(exporter, echo.port())).contains("\nprobe_success 1\n",
					"\nprobe_ssl_earliest_cert_expiry ");
			assertThat(echo.ended("echoed")).isEqualTo(1);
		}
	}

	@Test
	void theProbeNamesTheModuleOfTheDocumentsAndThePortOfTheService() {
		String name = JsonPath.read(PROBE, "$.spec.module");
		Map<String, Map<String, Object>> config = new Yaml().load(Watch.fencedYaml("query_response"));
		assertThat(config.get("modules")).containsOnlyKeys(name);
		assertThat(JsonPath.<List<String>>read(PROBE, "$.spec.targets.staticConfig.static"))
			.allMatch((target) -> target.endsWith(":23000"));
	}

	private static String probe(Tool.Server exporter, int port) throws Exception {
		URI uri = URI.create("http://%s/probe?target=127.0.0.1:%d&module=%s".formatted(exporter.address(), port,
				JsonPath.<String>read(PROBE, "$.spec.module")));
		try (HttpClient http = HttpClient.newHttpClient()) {
			return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString()).body();
		}
	}

}

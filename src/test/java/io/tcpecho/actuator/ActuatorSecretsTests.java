package io.tcpecho.actuator;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;

import io.tcpecho.server.TestService;
import io.tcpecho.testing.Certificates;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Endpoints that a user has exposed, values included.
 */
class ActuatorSecretsTests {

	@Test
	void theyShowWhatIsBoundAndNeitherKeysNorPasswords(@TempDir Path directory) throws Exception {
		Certificates certificates = new Certificates(directory).sign("server");
		String key = Files.readString(certificates.key("server"));
		String prefix = "spring.ssl.bundle.pem.other.";
		try (TestService service = TestService.start("management.endpoints.web.exposure.include=env,configprops",
				"management.endpoint.env.show-values=always", "management.endpoint.configprops.show-values=always",
				prefix + "keystore.certificate=file:" + certificates.certificate("server"),
				prefix + "keystore.private-key=" + key, prefix + "key.password=geheim",
				"other=-Dstore.password=geheim"); HttpClient http = HttpClient.newHttpClient()) {
			for (String endpoint : new String[] { "env", "configprops" }) {
				String body = http
					.send(HttpRequest
						.newBuilder(URI
							.create("http://localhost:%s/actuator/%s".formatted(service.actuatorPort(), endpoint)))
						.build(), BodyHandlers.ofString())
					.body();
				assertThat(body).contains("server.pem", "******")
					.doesNotContain("geheim", "PRIVATE KEY", key.lines().skip(1).findFirst().orElseThrow());
			}
		}
	}

}

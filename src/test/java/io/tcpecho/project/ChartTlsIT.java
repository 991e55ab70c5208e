package io.tcpecho.project;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;

import javax.net.ssl.SSLSocket;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.EchoProcess;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The packaged service with what the chart tells it of a Secret, and the Secret as the
 * kubelet mounts and renews it.
 */
@Timeout(120)
class ChartTlsIT {

	private static final String VALUES = """
			tls: {secretName: echo-tls, clientAuth: need}
			config: {spring: {ssl: {bundle: {watch: {file: {quiet-period: 100ms}}}}}}
			""";

	private Certificates certificates;

	private Path secret;

	@BeforeEach
	void makeAuthority(@TempDir Path directory) throws Exception {
		this.certificates = new Certificates(Files.createDirectory(directory.resolve("certificates"))).sign("client");
		this.secret = Files.createDirectory(directory.resolve("tls"));
	}

	@Test
	void newClientsAreShownWhatIsRenewed() throws Exception {
		write("first");
		try (EchoProcess echo = launch().awaitReady()) {
			assertThat(shownBy(echo)).contains("CN=first");
			for (String renewal : new String[] { "second", "third" }) {
				write(renewal);
				await().atMost(Duration.ofSeconds(30))
					.untilAsserted(() -> assertThat(shownBy(echo)).contains("CN=" + renewal));
			}
			assertThat(echo.output("ERROR")).isEmpty();
		}
	}

	@Tag("echo")
	@Test
	void helmTestIsAnsweredWhereClientsNeedACertificate() throws Exception {
		write("first");
		try (EchoProcess echo = launch().awaitReady();
				EchoProcess test = EchoProcess.launch(Chart.render(VALUES)
					.get(Pod.class)
					.getSpec()
					.getContainers()
					.getFirst()
					.getArgs()
					.stream()
					.map((argument) -> argument.replace("echo-tcp-echo", "localhost")
						.replace("23000", String.valueOf(echo.port()))
						.replace("/tls/", this.secret + "/"))
					.toArray(String[]::new))) {
			assertThat(test.awaitExit(Duration.ofMinutes(1))).as(test::text).isZero();
			assertThat(test.text()).contains("10 sent, 10 echoed, 0 lost");
		}
	}

	@Test
	void withoutTheAuthorityOfItsClientsItDoesNotStart() throws Exception {
		write("first");
		Files.delete(this.secret.resolve("ca.crt"));
		try (EchoProcess echo = launch()) {
			assertThat(echo.awaitExit(Duration.ofMinutes(1))).isEqualTo(1);
			assertThat(echo.text()).contains("ca.crt");
		}
	}

	/** On free ports, and with the Secret where it is here. */
	private EchoProcess launch() throws IOException {
		String json = Chart.render(VALUES)
			.container()
			.getEnv()
			.stream()
			.filter((variable) -> variable.getName().equals("SPRING_APPLICATION_JSON"))
			.map(EnvVar::getValue)
			.findFirst()
			.orElseThrow();
		return EchoProcess.launch(Map.of("SPRING_APPLICATION_JSON",
				json.replaceAll("\"port\":\\d+", "\"port\":0").replace("file:/tls/", "file:" + this.secret + "/")));
	}

	/**
	 * A version in a directory of its own, and a link to it that takes the old one's
	 * place.
	 */
	private void write(String name) throws Exception {
		this.certificates.sign(name);
		Path version = Files.createTempDirectory(this.secret, "..version");
		Path data = this.secret.resolve("..data");
		Path old = Files.exists(data) ? data.toRealPath() : null;
		for (Map.Entry<String, Path> file : Map
			.of("tls.crt", this.certificates.certificate(name), "tls.key", this.certificates.key(name), "ca.crt",
					this.certificates.ca())
			.entrySet()) {
			Files.copy(file.getValue(), version.resolve(file.getKey()));
			if (old == null) {
				Files.createSymbolicLink(this.secret.resolve(file.getKey()), Path.of("..data", file.getKey()));
			}
		}
		Path link = Files.createSymbolicLink(this.secret.resolve("..data_tmp"), version.getFileName());
		Files.move(link, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
		FileSystemUtils.deleteRecursively(old);
	}

	private String shownBy(EchoProcess echo) throws Exception {
		try (Socket plain = echo.connect();
				SSLSocket socket = Certificates.over(plain, this.certificates.client("client"))) {
			socket.startHandshake();
			return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSubjectX500Principal().getName();
		}
	}

}

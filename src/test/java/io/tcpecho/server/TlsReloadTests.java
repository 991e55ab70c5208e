package io.tcpecho.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

import io.tcpecho.testing.Certificates;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Certificates that are renewed while the service runs.
 */
@Tag("tls")
@ExtendWith(OutputCaptureExtension.class)
class TlsReloadTests {

	private static final int RENEWALS = 20;

	/** Which take turns. */
	private static final int CERTIFICATES = 4;

	private static final int CLIENTS = 16;

	@TempDir
	private Path directory;

	private Certificates certificates;

	private SSLContext trusting;

	private TestService service;

	@BeforeEach
	void start() throws Exception {
		this.certificates = new Certificates(this.directory).sign("server").sign("next");
		this.trusting = this.certificates.client();
		this.service = TestService.start(this.certificates.bundle("server",
				"spring.ssl.bundle.pem.echo.reload-on-update=true", "spring.ssl.bundle.watch.file.quiet-period=100ms"));
	}

	@AfterEach
	void stop() {
		this.service.close();
	}

	@Test
	void whoComesAfterARenewalHasTheNewCertificateAndWhoWasThereEndsAsItBegan() throws Exception {
		try (SSLSocket early = connect()) {
			early.startHandshake();
			this.certificates.replace("server", "next");
			await().until(() -> subject().equals("CN=next,O=Test"));
			early.getOutputStream().write('x');
			assertThat(early.getInputStream().readAllBytes()).containsExactly('x');
			assertThat(subject(early)).isEqualTo("CN=server,O=Test");
		}
	}

	@Test
	void aRenewalOfWhichOnlyOneFileHasComeIsNotTaken(CapturedOutput output) throws Exception {
		replace(this.certificates.certificate("server"), this.certificates.certificate("next"));
		await().untilAsserted(() -> assertThat(output).contains("no handshake succeeds with a key of EC"));
		assertThat(subject()).isEqualTo("CN=server,O=Test");
		assertThat(this.service.context().getBean(SslBundles.class).getBundle("echo").getStores().getKeyStore())
			.satisfies((store) -> assertThat(store.getCertificate("ssl").toString()).contains("CN=server,"));
		Files.writeString(this.certificates.key("server"), "-----BEGIN PRIVATE KEY-----\nMIGH");
		int errors = errors(output);
		await().until(() -> errors(output) > errors);
		assertThat(subject()).isEqualTo("CN=server,O=Test");
		replace(this.certificates.key("server"), this.certificates.key("next"));
		await().until(() -> subject().equals("CN=next,O=Test"));
	}

	@Test
	void twentyRenewalsUnderLoadLoseNothingAndEachCertificateIsSeen() throws Exception {
		Set<String> seen = ConcurrentHashMap.newKeySet();
		AtomicBoolean over = new AtomicBoolean();
		Callable<Integer> client = () -> {
			int echoed = 0;
			for (; !over.get(); echoed++) {
				try (SSLSocket socket = connect()) {
					socket.getOutputStream().write('x');
					assertThat(socket.getInputStream().readAllBytes()).containsExactly('x');
					seen.add(subject(socket));
				}
			}
			return echoed;
		};
		for (int i = 0; i < CERTIFICATES; i++) {
			this.certificates.sign("renewal-" + i);
		}
		List<Future<Integer>> clients = new ArrayList<>();
		try (ExecutorService executor = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
			for (int i = 0; i < CLIENTS; i++) {
				clients.add(executor.submit(client));
			}
			for (int i = 0; i < RENEWALS; i++) {
				String name = "renewal-" + i % CERTIFICATES;
				seen.clear();
				this.certificates.replace("server", name);
				await().until(() -> seen.contains("CN=%s,O=Test".formatted(name))
						|| clients.stream().anyMatch(Future::isDone));
			}
			over.set(true);
		}
		long echoed = 0;
		for (Future<Integer> one : clients) {
			echoed += one.get();
		}
		assertThat(this.service.ended(Outcome.ECHOED)).isEqualTo(echoed);
		assertThat(this.service.accepted()).isEqualTo(echoed);
	}

	private static void replace(Path file, Path by) throws IOException {
		Files.copy(by, file, StandardCopyOption.REPLACE_EXISTING);
	}

	private static int errors(CapturedOutput output) {
		return output.toString().split("Unexpected SSL reload error", -1).length - 1;
	}

	private String subject() throws IOException {
		try (SSLSocket client = connect()) {
			client.getOutputStream().write('x');
			assertThat(client.getInputStream().readAllBytes()).containsExactly('x');
			return subject(client);
		}
	}

	private static String subject(SSLSocket client) throws IOException {
		X509Certificate shown = (X509Certificate) client.getSession().getPeerCertificates()[0];
		return shown.getSubjectX500Principal().getName();
	}

	private SSLSocket connect() throws IOException {
		return Certificates.connect(this.service.port(), this.trusting);
	}

}

package io.tcpecho.server;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;

import io.tcpecho.testing.Certificates;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThatException;

/**
 * A key store from which nobody could be served.
 */
@Tag("tls")
class TlsKeyTests {

	@Test
	void aStoreThatHasOnlyCertificatesEndsTheStart(@TempDir Path directory) throws Exception {
		KeyStore keyless = KeyStore.getInstance("PKCS12");
		keyless.load(null, null);
		keyless.setCertificateEntry("ca", CertificateFactory.getInstance("X.509")
			.generateCertificate(Files.newInputStream(new Certificates(directory).ca())));
		Path file = directory.resolve("keyless.p12");
		try (OutputStream out = Files.newOutputStream(file)) {
			keyless.store(out, "changeit".toCharArray());
		}
		assertThatException()
			.isThrownBy(() -> TestService.start("echo.ssl.bundle=echo",
					"spring.ssl.bundle.jks.echo.keystore.location=file:" + file,
					"spring.ssl.bundle.jks.echo.keystore.password=changeit"))
			.havingRootCause()
			.withMessageContaining("it has no key");
	}

}

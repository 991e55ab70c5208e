package io.tcpecho.server;

import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import io.tcpecho.settings.EchoProperties;
import io.tcpecho.testing.Certificates;
import io.tcpecho.tls.Tls;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.ssl.JksSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PemSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PropertiesSslBundle;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.web.server.Ssl.ClientAuth;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * A bundle with which nobody could shake hands is refused when it is loaded, and no
 * other.
 */
@Tag("tls")
@Execution(ExecutionMode.CONCURRENT)
class TlsTrialTests {

	private static Certificates certificates;

	private static Path store;

	@BeforeAll
	static void sign(@TempDir Path directory) throws Exception {
		KeyPairGenerator pss = KeyPairGenerator.getInstance("RSASSA-PSS");
		pss.initialize(2048);
		KeyPair rsassaPss = pss.generateKeyPair();
		KeyPair dsa = KeyPairGenerator.getInstance("DSA").generateKeyPair();
		certificates = new Certificates(directory).sign("ec")
			.sign("expired", (usual) -> usual.notAfter(Instant.now().minusSeconds(1)))
			.sign("rsassa-pss", (usual) -> usual.keyPair(rsassaPss))
			.sign("ed25519", (usual) -> usual.algorithm(Algorithm.ed25519))
			.sign("dsa", (usual) -> usual.keyPair(dsa))
			.sign("ml-dsa", (usual) -> usual.algorithm(Algorithm.mlDsa65));
		store = certificates.store();
	}

	@ParameterizedTest
	@ValueSource(strings = { "ec", "expired", "rsassa-pss", "ed25519" })
	void aKeyThatTlsHasASignatureForIsTakenAsPemAndFromAStore(String name) {
		assertThatNoException().isThrownBy(() -> load(pem(name, name)));
		assertThatNoException().isThrownBy(() -> load(store("key.alias=" + name)));
	}

	@ParameterizedTest
	@CsvSource({ "dsa, DSA", "ml-dsa, ML-DSA", "EC, EC on secp256r1" })
	void aKeyThatTlsHasNoSignatureForOrThatIsNotFoundIsRefusedAndNamed(String alias, String key) {
		// A store of this kind has its aliases in small letters, and finds them by any.
		assertRefused(store("key.alias=" + alias), "a key of " + key + ", ", "No available authentication scheme");
	}

	@ParameterizedTest
	@ValueSource(strings = { "keystore", "truststore" })
	void aBundleThatHasOnlyCertificatesIsRefused(String store) {
		assertRefused(bundle(PemSslBundleProperties.class, PropertiesSslBundle::get, List.of(),
				store + ".certificate=file:" + certificates.ca()), "it has no key");
	}

	@Test
	void ofAStoreWithSeveralKeysOneThatWorksIsEnough() {
		assertThatNoException().isThrownBy(() -> load(store()));
	}

	@ParameterizedTest
	@CsvSource({ "ec, EC on secp256r1, expired, Invalid CertificateVerify signature",
			"ec, EC on secp256r1, rsassa-pss, No available authentication scheme",
			"rsassa-pss, RSASSA-PSS with 2048 bits, ec, No available authentication scheme" })
	void aKeyThatDoesNotFitItsCertificateIsRefused(String certificate, String algorithm, String key, String reason) {
		assertRefused(pem(certificate, key), "a key of " + algorithm, reason);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					enabled-protocols=TLS1.3                              | Unsupported protocol: TLS1.3
					enabled-protocols=TLSv1.3,TLSv1.9                     | Unsupported protocol: TLSv1.9
					enabled-protocols=TLSv1.1                             | No appropriate protocol
					enabled-protocols=                                    | No appropriate protocol
					ciphers=ECDHE-ECDSA-AES128-GCM-SHA256                 | Unsupported CipherSuite: ECDHE-ECDSA-AES128-GCM-SHA256
					ciphers=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256         | no cipher suites in common
					ciphers=TLS_RSA_WITH_AES_128_GCM_SHA256               | No appropriate protocol
					""")
	void anOptionThatLeavesNothingIsRefusedAndNamed(String option, String reason) {
		assertRefused(pem("ec", "ec", "options." + option), "EC on secp256r1", "options." + option, reason);
	}

	@ParameterizedTest
	@ValueSource(strings = { "enabled-protocols=TLSv1.1,TLSv1.2", "enabled-protocols=SSLv2Hello,TLSv1.2",
			"ciphers=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_AES_128_GCM_SHA256" })
	void anOptionThatLeavesSomethingIsTaken(String option) {
		assertThatNoException().isThrownBy(() -> load(pem("ec", "ec", "options." + option)));
	}

	private static void assertRefused(SslBundle bundle, String... reasons) {
		assertThatExceptionOfType(FailureAnalyzedException.class).isThrownBy(() -> load(bundle))
			.withMessageContainingAll(
					Stream.concat(Stream.of("echo.ssl.bundle is \"echo\", which can't be used: "), Stream.of(reasons))
						.toArray(String[]::new));
	}

	private static void load(SslBundle bundle) {
		// With what clients have to show, and the trial has not.
		Tls.of(new EchoProperties.Ssl("echo", ClientAuth.NEED), new DefaultSslBundleRegistry("echo", bundle),
				new SimpleMeterRegistry());
	}

	private static SslBundle pem(String certificate, String key, String... more) {
		return bundle(PemSslBundleProperties.class, PropertiesSslBundle::get, List.of(more),
				"keystore.certificate=file:" + certificates.certificate(certificate),
				"keystore.private-key=file:" + certificates.key(key));
	}

	/** Of all that is signed. */
	private static SslBundle store(String... more) {
		return bundle(JksSslBundleProperties.class, PropertiesSslBundle::get, List.of(more),
				"keystore.location=file:" + store, "keystore.password=" + Certificates.PASSWORD);
	}

	private static <P> SslBundle bundle(Class<P> type, Function<P, SslBundle> bundle, List<String> more,
			String... settings) {
		List<String> all = new ArrayList<>(more);
		all.addAll(List.of(settings));
		Map<String, String> values = all.stream()
			.map((setting) -> setting.split("=", 2))
			.collect(Collectors.toMap((setting) -> "bundle." + setting[0], (setting) -> setting[1]));
		return bundle.apply(new Binder(new MapConfigurationPropertySource(values)).bindOrCreate("bundle", type));
	}

}

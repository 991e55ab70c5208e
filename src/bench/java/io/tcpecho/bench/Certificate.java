package io.tcpecho.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Objects;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * What servers with TLS show: ECDSA P-256, signed by itself.
 *
 * @param file where it is, PEM
 * @param key where its key is, PEM and PKCS#8
 * @param sockets of clients that trust it
 */
record Certificate(Path file, Path key, SSLSocketFactory sockets) {

	private static final String PASSWORD = "changeit";

	/** More than there are clients that resume a session. */
	private static final int SESSIONS = 64;

	/** A new one, made by the JDK's keytool. */
	static Certificate in(Path directory) throws IOException, GeneralSecurityException {
		Path store = directory.resolve("store.p12");
		Files.deleteIfExists(store);
		Machine.output(Path.of(Benchmark.property("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias",
				"echo", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=localhost", "-keystore",
				store.toString(), "-storepass", PASSWORD);
		KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trust.init(keys);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(null, trust.getTrustManagers(), null);
		Objects.requireNonNull(context.getClientSessionContext()).setSessionCacheSize(SESSIONS);
		Key key = Objects.requireNonNull(keys.getKey("echo", PASSWORD.toCharArray()));
		java.security.cert.Certificate certificate = Objects.requireNonNull(keys.getCertificate("echo"));
		return new Certificate(write(directory.resolve("echo.pem"), "CERTIFICATE", certificate.getEncoded()),
				write(directory.resolve("echo.key"), "PRIVATE KEY", Objects.requireNonNull(key.getEncoded())),
				context.getSocketFactory());
	}

	private static Path write(Path file, String type, byte[] bytes) throws IOException {
		return Files.writeString(file, "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(type,
				Base64.getMimeEncoder().encodeToString(bytes)));
	}

}

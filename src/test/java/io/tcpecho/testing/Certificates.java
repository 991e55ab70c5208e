package io.tcpecho.testing;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A certificate authority of a test, and what it has signed, ECDSA P-256 unless the
 * options say otherwise. The JDK's keytool makes them; PEM files are for whom they are.
 */
public final class Certificates {

	private static final String PASSWORD = "changeit";

	private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] { '\n' });

	private final Path directory;

	private final Path store;

	/** A new authority, in an empty directory. */
	public Certificates(Path directory) throws Exception {
		this.directory = directory;
		this.store = directory.resolve("store.p12");
		keytool("ca", "-dname", "CN=Authority", "-ext", "bc:c");
		Files.writeString(ca(), pem("CERTIFICATE", keyStore().getCertificate("ca").getEncoded()));
	}

	/** Its own certificate. */
	public Path ca() {
		return this.directory.resolve("ca.pem");
	}

	/** Where the certificate of a name is. */
	public Path certificate(String name) {
		return this.directory.resolve(name + ".pem");
	}

	/** Where its key is, PKCS#8. */
	public Path key(String name) {
		return this.directory.resolve(name + ".key");
	}

	/** One for the loopback address and localhost, with files of its name. */
	public Certificates sign(String name, String... options) throws Exception {
		List<String> all = new ArrayList<>(
				List.of("-signer", "ca", "-dname", "CN=" + name + ",O=Test", "-ext", "san=dns:localhost,ip:127.0.0.1"));
		all.addAll(List.of(options));
		keytool(name, all.toArray(String[]::new));
		KeyStore keys = keyStore();
		StringBuilder chain = new StringBuilder();
		for (Certificate certificate : keys.getCertificateChain(name)) {
			chain.append(pem("CERTIFICATE", certificate.getEncoded()));
		}
		Files.writeString(certificate(name), chain);
		Files.writeString(key(name), pem("PRIVATE KEY", keys.getKey(name, PASSWORD.toCharArray()).getEncoded()));
		return this;
	}

	/** The settings of a bundle "echo" with the certificate of a name. */
	public String[] bundle(String name, String... more) {
		List<String> settings = new ArrayList<>(List.of("echo.ssl.bundle=echo",
				"spring.ssl.bundle.pem.echo.keystore.certificate=file:" + certificate(name),
				"spring.ssl.bundle.pem.echo.keystore.private-key=file:" + key(name)));
		settings.addAll(List.of(more));
		return settings.toArray(String[]::new);
	}

	/** Puts the certificate and the key of one name in the place of another's. */
	public void replace(String name, String by) throws IOException {
		move(certificate(by), certificate(name));
		move(key(by), key(name));
	}

	private static void move(Path from, Path to) throws IOException {
		Path copy = Files.copy(from, to.resolveSibling("next"), StandardCopyOption.REPLACE_EXISTING);
		Files.move(copy, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
	}

	/** A context of a client that trusts the authority, and shows certificates. */
	public SSLContext client(String... names) throws Exception {
		return client(this, names);
	}

	/** One of a client that trusts another authority. */
	public SSLContext client(Certificates trustedOnes, String... names) throws Exception {
		KeyStore trusted = emptyStore();
		trusted.setCertificateEntry("ca", trustedOnes.keyStore().getCertificate("ca"));
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trust.init(trusted);
		KeyStore shown = emptyStore();
		for (String name : names) {
			shown.setKeyEntry(name, keyStore().getKey(name, PASSWORD.toCharArray()), PASSWORD.toCharArray(),
					keyStore().getCertificateChain(name));
		}
		KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keys.init(shown, PASSWORD.toCharArray());
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
		return context;
	}

	/** Such a client, before its handshake. */
	public static SSLSocket connect(int port, SSLContext context) throws IOException {
		Socket plain = EchoProcess.connect(port);
		plain.setTcpNoDelay(true);
		return over(plain, context);
	}

	/** Sends a message and returns all that comes until the end of the stream. */
	public static byte[] exchange(SSLSocket client, String message) throws IOException {
		try (client) {
			EchoProcess.send(client, message);
			return client.getInputStream().readAllBytes();
		}
	}

	/** TLS of such a client on a socket, before its handshake. */
	public static SSLSocket over(Socket socket, SSLContext context) throws IOException {
		return (SSLSocket) context.getSocketFactory().createSocket(socket, "localhost", socket.getPort(), true);
	}

	private void keytool(String name, String... options) throws Exception {
		List<String> command = new ArrayList<>(List.of(
				Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-J-XX:TieredStopAtLevel=1",
				"-genkeypair", "-alias", name, "-keystore", this.store.toString(), "-storepass", PASSWORD));
		command.addAll(Arrays.asList(options));
		if (!command.contains("-keyalg")) {
			command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1"));
		}
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		String output = process.inputReader().readAllAsString();
		assertThat(process.waitFor()).as(output).isZero();
	}

	private KeyStore keyStore() throws IOException, GeneralSecurityException {
		KeyStore keys = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(this.store)) {
			keys.load(in, PASSWORD.toCharArray());
		}
		return keys;
	}

	private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
		KeyStore keys = KeyStore.getInstance("PKCS12");
		keys.load(null, null);
		return keys;
	}

	private static String pem(String type, byte[] bytes) {
		return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(type, LINES.encodeToString(bytes));
	}

}

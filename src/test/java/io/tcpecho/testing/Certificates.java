package io.tcpecho.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;

/**
 * A certificate authority of a test, and what it has signed, as PEM files: ECDSA P-256,
 * for the loopback address and localhost, unless it is changed.
 */
public final class Certificates {

	/** Of the store. */
	public static final String PASSWORD = "changeit";

	private final Path directory;

	private final X509Bundle authority;

	private final Map<String, X509Bundle> signed = new LinkedHashMap<>();

	/** A new authority, in an empty directory. */
	public Certificates(Path directory) throws Exception {
		this.directory = directory;
		this.authority = ofNinetyDays().subject("CN=Authority").setIsCertificateAuthority(true).buildSelfSigned();
		write(ca(), this.authority.getCertificatePEM());
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

	/** Signs one, which is as usual. */
	public Certificates sign(String name) throws Exception {
		return sign(name, UnaryOperator.identity());
	}

	/** Signs one that is as usual but for what is changed. */
	public Certificates sign(String name, UnaryOperator<CertificateBuilder> change) throws Exception {
		return sign("localhost", name, (usual) -> change.apply(usual.addSanIpAddress("127.0.0.1")));
	}

	/** Signs one for another host. */
	public Certificates signFor(String host, String name) throws Exception {
		return sign(host, name, UnaryOperator.identity());
	}

	private Certificates sign(String host, String name, UnaryOperator<CertificateBuilder> change) throws Exception {
		X509Bundle bundle = change.apply(ofNinetyDays().subject("CN=" + name + ",O=Test").addSanDnsName(host))
			.buildIssuedBy(this.authority);
		this.signed.put(name, bundle);
		write(certificate(name), bundle.getCertificatePEM() + this.authority.getCertificatePEM());
		write(key(name), bundle.getPrivateKeyPEM());
		return this;
	}

	/** With line feeds, as most programs write PEM: Netty has CRLF. */
	private static void write(Path file, String pem) throws IOException {
		Files.writeString(file, pem.replace("\r\n", "\n"));
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

	/** A PKCS#12 store of all that it has signed, each by its name. */
	public Path store() throws Exception {
		Path store = this.directory.resolve("store.p12");
		try (OutputStream out = Files.newOutputStream(store)) {
			keys(this.signed.keySet()).store(out, PASSWORD.toCharArray());
		}
		return store;
	}

	/** A context of a client that trusts the authority, and shows certificates. */
	public SSLContext client(String... names) throws Exception {
		return client(this, names);
	}

	/** One of a client that trusts another authority. */
	public SSLContext client(Certificates trusted, String... names) throws Exception {
		KeyManagerFactory shown = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		shown.init(keys(List.of(names)), PASSWORD.toCharArray());
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(shown.getKeyManagers(), new TrustManager[] { trusted.authority.toTrustManager() }, null);
		return context;
	}

	private KeyStore keys(Collection<String> names) throws Exception {
		KeyStore keys = KeyStore.getInstance("PKCS12");
		keys.load(null, null);
		for (String name : names) {
			X509Bundle bundle = this.signed.get(name);
			keys.setKeyEntry(name, bundle.getKeyPair().getPrivate(), PASSWORD.toCharArray(),
					bundle.getCertificatePathWithRoot());
		}
		return keys;
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

	private static CertificateBuilder ofNinetyDays() {
		return new CertificateBuilder().notAfter(Instant.now().plus(Duration.ofDays(90)));
	}

}

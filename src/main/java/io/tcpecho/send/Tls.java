package io.tcpecho.send;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;

import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

import io.tcpecho.settings.Anybody;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundleKey;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.boot.ssl.pem.PemSslStore;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import picocli.CommandLine.Option;

/**
 * TLS of a client. Thread-safe.
 */
record Tls(String serverName, SSLParameters parameters, SslManagerBundle managers) {

	/**
	 * The options that ask for it.
	 */
	static final class Options {

		/** RFC 7301: of 1 to 255 bytes each. */
		private static final Pattern PROTOCOLS = Pattern.compile("[!-~&&[^,]]{1,255}(,[!-~&&[^,]]{1,255})*");

		@Option(names = "--tls",
				description = "TLS 1.2 or 1.3, after the PROXY header if one is sent. The certificate must be trusted, and be for the "
						+ "name. The summary tells how often each certificate was seen, and when first and last.")
		private boolean tls;

		@Option(names = "--cacert", paramLabel = "FILE",
				description = "PEM: the authorities that are trusted.%n  Default: those of the JVM")
		private @Nullable Path cacert;

		@Option(names = "--cert", paramLabel = "FILE",
				description = "PEM: a certificate that the service may ask for, and its chain.")
		private @Nullable Path cert;

		@Option(names = "--key", paramLabel = "FILE",
				description = "PEM: its key, as PKCS#8.%n  Default: in the file of --cert")
		private @Nullable Path key;

		@Option(names = "--servername", paramLabel = "NAME",
				description = "Asked for (SNI), and looked for in the certificate.%n  Default: that of --host")
		private @Nullable String serverName;

		@Option(names = "--alpn", paramLabel = "LIST",
				description = "Application protocols to offer, such as h2,http/1.1.")
		private @Nullable String alpn;

		@Option(names = "--insecure", description = "Any certificate will do.")
		private boolean insecure;

		/** Checks the options, and reads the files; null if TLS is not asked for. */
		@Nullable Tls tls(Usage usage, String host) {
			if (!this.tls) {
				usage.refuseIf(
						this.cacert != null || this.cert != null || this.key != null || this.serverName != null
								|| this.alpn != null || this.insecure,
						"--cacert, --cert, --key, --servername, --alpn and --insecure need --tls");
				return null;
			}
			usage.refuseIf(this.alpn != null && !PROTOCOLS.matcher(this.alpn).matches(),
					"Invalid value for option '--alpn': must be names between commas, such as h2,http/1.1, each of 1 to "
							+ "255 characters of ASCII without spaces");
			String name = ((this.serverName != null) ? this.serverName : host).replaceFirst("\\.$", "");
			SSLParameters parameters = new SSLParameters();
			parameters.setEndpointIdentificationAlgorithm(this.insecure ? null : "HTTPS");
			parameters.setApplicationProtocols((this.alpn != null) ? this.alpn.split(",") : new String[0]);
			parameters
				.setServerNames((new Endpoint(name, null).literal() == null) ? List.of(asked(usage, name)) : List.of());
			Pem pem = new Pem(usage);
			return of(name, parameters, pem.own(this.cert, this.key), pem.authorities(this.cacert), this.insecure);
		}

		private SNIHostName asked(Usage usage, String name) {
			try {
				return new SNIHostName(name);
			}
			catch (IllegalArgumentException ex) {
				throw usage.refusal("Invalid value for option '"
						+ ((this.serverName != null) ? "--servername': "
								: "--host': with --tls and without --servername ")
						+ "it must be a name that TLS can ask for: letters, digits and hyphens, at most 63 between two "
						+ "dots, and no hyphen beside a dot");
			}
		}

	}

	/** With what the service may ask for, and whom to trust: by default, as the JVM. */
	static Tls of(String serverName, SSLParameters parameters, @Nullable PemSslStore shown,
			@Nullable PemSslStore trusted, boolean trustsAll) {
		SslManagerBundle managers = SslManagerBundle.from(new PemSslStoreBundle(shown, trusted), SslBundleKey.NONE);
		TrustManagerFactory trust = (trustsAll ? SslManagerBundle.from(new Anybody()) : managers)
			.getTrustManagerFactory();
		return new Tls(serverName, parameters, SslManagerBundle.of(managers.getKeyManagerFactory(), trust));
	}

	/**
	 * Shakes hands, anew each time: a session that is resumed would show the certificate
	 * of the first.
	 */
	SSLSocket over(Socket connection) throws IOException {
		SSLSocket socket = (SSLSocket) this.managers.createSslContext("TLS")
			.getSocketFactory()
			.createSocket(connection, this.serverName, connection.getPort(), true);
		socket.setSSLParameters(this.parameters);
		socket.startHandshake();
		return socket;
	}

	/** What the peer did, in words. */
	static String reason(SSLException failure) {
		String fault = null;
		Throwable cause = failure;
		while (cause.getCause() != null) {
			cause = cause.getCause();
			fault = switch (cause) {
				case CertificateExpiredException _ -> "has expired";
				case CertificateNotYetValidException _ -> "is not valid yet";
				case CertificateException _ -> "does not fit";
				case CertPathBuilderException _, CertPathValidatorException _ -> "is not trusted";
				default -> fault;
			};
		}
		return (fault != null) ? "showed a certificate that " + fault + " (" + cause.getMessage() + ")"
				// Without the name of the alert that the JDK puts before it.
				: "failed at TLS (" + String.valueOf(failure.getMessage()).replaceFirst("^\\(\\w+\\) ", "") + ")";
	}

	/**
	 * What a service has shown: enough to tell a certificate from the one that follows.
	 *
	 * @param serial in hexadecimal digits
	 */
	record Certificate(String subject, String serial, Instant notAfter) {

		static Certificate of(SSLSocket socket) throws SSLPeerUnverifiedException {
			X509Certificate certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
			// With --insecure anybody may have written it.
			String subject = certificate.getSubjectX500Principal().getName().replaceAll("\\p{Cntrl}", "?");
			return new Certificate(subject, certificate.getSerialNumber().toString(16),
					certificate.getNotAfter().toInstant());
		}

		@Override
		public String toString() {
			return "certificate of " + this.subject + ", serial " + this.serial + ", valid until " + this.notAfter;
		}

	}

}

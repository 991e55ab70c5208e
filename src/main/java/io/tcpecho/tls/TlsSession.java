package io.tcpecho.tls;

import java.security.cert.X509Certificate;

import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;

import org.jspecify.annotations.Nullable;

/**
 * What a client and the service have agreed upon in a TLS handshake.
 *
 * @param protocol as the JDK names it: TLSv1.3
 * @param cipherSuite as the JDK names it: TLS_AES_256_GCM_SHA384
 * @param serverName that the client has asked for (SNI), any that can be a host's; null
 * if none
 * @param applicationProtocol the client's first offer (ALPN); null if none
 * @param clientCertificate null if the client has shown none
 */
public record TlsSession(String protocol, String cipherSuite, @Nullable String serverName,
		@Nullable String applicationProtocol, @Nullable ClientCertificate clientCertificate) {

	/**
	 * A certificate that is trusted.
	 *
	 * @param subject whose it is (RFC 2253)
	 * @param issuer who says so (RFC 2253)
	 */
	public record ClientCertificate(String subject, String issuer) {
	}

	/** After its handshake. */
	public static TlsSession of(SSLSocket socket) {
		ExtendedSSLSession session = (ExtendedSSLSession) socket.getSession();
		String serverName = session.getRequestedServerNames()
			.stream()
			.map((name) -> (name instanceof SNIHostName host) ? host.getAsciiName() : name.toString())
			.findFirst()
			.orElse(null);
		String applicationProtocol = socket.getApplicationProtocol();
		return new TlsSession(session.getProtocol(), session.getCipherSuite(), serverName,
				(applicationProtocol == null || applicationProtocol.isEmpty()) ? null : applicationProtocol,
				clientCertificate(session));
	}

	private static @Nullable ClientCertificate clientCertificate(ExtendedSSLSession session) {
		try {
			X509Certificate certificate = (X509Certificate) session.getPeerCertificates()[0];
			return new ClientCertificate(certificate.getSubjectX500Principal().getName(),
					certificate.getIssuerX500Principal().getName());
		}
		catch (SSLPeerUnverifiedException ex) {
			return null;
		}
	}

}

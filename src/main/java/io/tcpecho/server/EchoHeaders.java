package io.tcpecho.server;

import io.tcpecho.tls.TlsSession;

/**
 * Headers of a message beside the library's own (IpHeaders), for handlers.
 */
public final class EchoHeaders {

	/** The source that a PROXY header told, an InetSocketAddress, if one did. */
	public static final String PROXY_SOURCE = "proxy_source";

	/** The destination, there together with the source. */
	public static final String PROXY_DESTINATION = "proxy_destination";

	/** The {@link TlsSession}, if the connection has one. */
	public static final String TLS = "tls";

	private EchoHeaders() {
	}

}

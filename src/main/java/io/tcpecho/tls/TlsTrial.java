package io.tcpecho.tls;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Objects;
import java.util.stream.Stream;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;

import io.tcpecho.settings.Anybody;

/**
 * A handshake of a server with a client that takes whatever it has, in memory: if that
 * fails, nobody can be served.
 */
final class TlsTrial {

	/**
	 * A handshake that succeeds takes four, one of them for a key share of another kind.
	 */
	private static final int TURNS = 10;

	private final SSLEngine server;

	private final SSLEngine client;

	private final ByteBuffer toServer;

	private final ByteBuffer toClient;

	/**
	 * Makes one.
	 * @throws IllegalArgumentException if the JDK knows no protocol or cipher suite of
	 * that name
	 */
	TlsTrial(SSLContext context, SSLParameters parameters) throws GeneralSecurityException {
		this.server = context.createSSLEngine();
		this.server.setUseClientMode(false);
		this.server.setSSLParameters(parameters);
		SSLContext trusting = SSLContext.getInstance("TLS");
		trusting.init(null, new TrustManager[] { new Anybody() }, null);
		this.client = trusting.createSSLEngine();
		this.client.setUseClientMode(true);
		// It is a form of the first message, and no protocol of its own.
		this.client.setEnabledProtocols(Stream.of(this.server.getEnabledProtocols())
			.filter((protocol) -> !protocol.equals("SSLv2Hello"))
			.toArray(String[]::new));
		this.client.setEnabledCipherSuites(this.server.getEnabledCipherSuites());
		int size = 2 * this.server.getSession().getPacketBufferSize();
		this.toServer = ByteBuffer.allocate(size);
		this.toClient = ByteBuffer.allocate(size);
	}

	/** Throws what the side that has refused it says. */
	void handshake() throws SSLException {
		this.server.beginHandshake();
		this.client.beginHandshake();
		for (int i = 0; i < TURNS; i++) {
			boolean clientDone = turn(this.client, this.toClient, this.toServer);
			boolean serverDone = turn(this.server, this.toServer, this.toClient);
			if (clientDone && serverDone) {
				return;
			}
		}
		throw new SSLException("It does not come to an end");
	}

	/** Goes on until it needs the other side; true if it needs nothing more. */
	private static boolean turn(SSLEngine engine, ByteBuffer input, ByteBuffer output) throws SSLException {
		ByteBuffer none = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
		input.flip();
		try {
			while (true) {
				switch (engine.getHandshakeStatus()) {
					case NOT_HANDSHAKING, FINISHED -> {
						return true;
					}
					case NEED_TASK -> Objects.requireNonNull(engine.getDelegatedTask()).run();
					case NEED_WRAP -> {
						if (engine.wrap(ByteBuffer.allocate(0), output).getStatus() != Status.OK) {
							return false;
						}
					}
					case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
						if (engine.unwrap(input, none).getStatus() != Status.OK) {
							return false;
						}
					}
				}
			}
		}
		finally {
			input.compact();
		}
	}

}

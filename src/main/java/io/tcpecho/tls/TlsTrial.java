package io.tcpecho.tls;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Objects;
import java.util.stream.Stream;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
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

	private TlsTrial() {
	}

	/**
	 * Throws what the side that has refused it says.
	 * @throws IllegalArgumentException if the JDK knows no protocol or cipher suite of
	 * that name
	 */
	static void handshake(SSLContext context, SSLParameters parameters) throws GeneralSecurityException, SSLException {
		SSLEngine server = context.createSSLEngine();
		server.setUseClientMode(false);
		server.setSSLParameters(parameters);
		SSLContext trusting = SSLContext.getInstance("TLS");
		trusting.init(null, new TrustManager[] { new Anybody() }, null);
		SSLEngine client = trusting.createSSLEngine();
		client.setUseClientMode(true);
		// It is a form of the first message, and no protocol of its own.
		client.setEnabledProtocols(Stream.of(server.getEnabledProtocols())
			.filter((protocol) -> !protocol.equals("SSLv2Hello"))
			.toArray(String[]::new));
		client.setEnabledCipherSuites(server.getEnabledCipherSuites());
		int size = 2 * server.getSession().getPacketBufferSize();
		ByteBuffer toServer = ByteBuffer.allocate(size);
		ByteBuffer toClient = ByteBuffer.allocate(size);
		server.beginHandshake();
		client.beginHandshake();
		for (int i = 0; i < TURNS; i++) {
			boolean clientDone = turn(client, toClient, toServer);
			boolean serverDone = turn(server, toServer, toClient);
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
		boolean goesOn = true;
		while (goesOn) {
			goesOn = switch (engine.getHandshakeStatus()) {
				case NEED_TASK -> {
					Objects.requireNonNull(engine.getDelegatedTask()).run();
					yield true;
				}
				case NEED_WRAP -> engine.wrap(ByteBuffer.allocate(0), output).getStatus() == Status.OK;
				case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> engine.unwrap(input, none).getStatus() == Status.OK;
				case NOT_HANDSHAKING, FINISHED -> false;
			};
		}
		input.compact();
		return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
	}

}

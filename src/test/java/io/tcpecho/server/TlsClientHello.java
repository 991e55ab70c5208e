package io.tcpecho.server;

import java.nio.ByteBuffer;
import java.util.Arrays;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/**
 * What a client of the JDK begins a handshake with.
 */
final class TlsClientHello {

	private TlsClientHello() {
	}

	static byte[] bytes() throws Exception {
		SSLEngine engine = SSLContext.getDefault().createSSLEngine("localhost", 23000);
		engine.setUseClientMode(true);
		ByteBuffer record = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
		engine.wrap(ByteBuffer.allocate(0), record);
		return Arrays.copyOf(record.array(), record.position());
	}

}

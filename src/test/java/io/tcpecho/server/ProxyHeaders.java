package io.tcpecho.server;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Headers of the PROXY protocol, written down from its specification.
 */
final class ProxyHeaders {

	static final byte[] SIGNATURE = { 0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A };

	private ProxyHeaders() {
	}

	static byte[] version1(String line) {
		return (line + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
	}

	static byte[] version2(int versionAndCommand, int familyAndTransport, byte[]... rest) {
		byte[] body = concat(rest);
		return ByteBuffer.allocate(16 + body.length)
			.put(SIGNATURE)
			.put((byte) versionAndCommand)
			.put((byte) familyAndTransport)
			.putShort((short) body.length)
			.put(body)
			.array();
	}

	static byte[] addresses(String source, int sourcePort, String destination, int destinationPort) {
		return concat(InetAddress.ofLiteral(source).getAddress(), InetAddress.ofLiteral(destination).getAddress(),
				ByteBuffer.allocate(4).putShort((short) sourcePort).putShort((short) destinationPort).array());
	}

	/** One type-length-value, of a type that is free for experiments. */
	static byte[] tlv(int length) {
		return ByteBuffer.allocate(3 + length).put((byte) 0xF0).putShort((short) length).array();
	}

	static byte[] concat(byte[]... parts) {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		for (byte[] part : parts) {
			all.writeBytes(part);
		}
		return all.toByteArray();
	}

}

package io.tcpecho.send;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;

/**
 * The header that a load balancer would send first, by HAProxy's
 * {@code proxy-protocol.txt}. The destination is the connection's remote address.
 *
 * @param source told instead of the connection's local address; of the family of all
 * addresses that are tried
 */
record ProxyHeader(Version version, @Nullable Side source) {

	/**
	 * What {@code --proxy-protocol} takes.
	 */
	enum Version {

		V1, V2

	}

	/**
	 * One side of a connection.
	 */
	record Side(InetAddress address, int port) {

	}

	private static final byte[] SIGNATURE = { 0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A };

	/** Version 2, command PROXY. */
	private static final byte PROXY = 0x21;

	private static final byte TCP_OVER_IPV4 = 0x11;

	private static final byte TCP_OVER_IPV6 = 0x21;

	/**
	 * @param local of the connection
	 * @param remote of the connection
	 */
	byte[] bytes(Side local, Side remote) {
		Side told = (this.source != null) ? this.source : local;
		return switch (this.version) {
			case V1 -> line(told, remote);
			case V2 -> binary(told, remote);
		};
	}

	private static byte[] line(Side source, Side destination) {
		String family = (Family.of(source.address()) == Family.IPV4) ? "TCP4" : "TCP6";
		return "PROXY %s %s %s %d %d\r\n"
			.formatted(family, text(source), text(destination), source.port(), destination.port())
			.getBytes(StandardCharsets.US_ASCII);
	}

	/** Without the scope that a link-local address may have. */
	private static String text(Side side) {
		try {
			return InetAddress.getByAddress(side.address().getAddress()).getHostAddress();
		}
		catch (UnknownHostException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static byte[] binary(Side source, Side destination) {
		byte[] from = source.address().getAddress();
		byte[] to = destination.address().getAddress();
		int length = from.length + to.length + 2 * Short.BYTES;
		return ByteBuffer.allocate(SIGNATURE.length + 4 + length)
			.put(SIGNATURE)
			.put(PROXY)
			.put((Family.of(source.address()) == Family.IPV4) ? TCP_OVER_IPV4 : TCP_OVER_IPV6)
			.putShort((short) length)
			.put(from)
			.put(to)
			.putShort((short) source.port())
			.putShort((short) destination.port())
			.array();
	}

}

package io.tcpecho.send;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * The PROXY header that a load balancer would send first, by HAProxy's
 * {@code proxy-protocol.txt}. The destination is the connection's remote address.
 *
 * @param source told instead of the connection's local address; of the family of all
 * addresses that are tried
 */
record OutgoingHeader(Version version, @Nullable InetSocketAddress source) {

	/**
	 * What {@code --proxy-protocol} takes.
	 */
	enum Version {

		V1, V2

	}

	private static final byte[] SIGNATURE = { 0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A };

	/** Version 2, command PROXY. */
	private static final byte PROXY = 0x21;

	private static final byte TCP_OVER_IPV4 = 0x11;

	private static final byte TCP_OVER_IPV6 = 0x21;

	/** For a connection that is made. */
	byte[] bytes(Socket connection) {
		InetSocketAddress remote = new InetSocketAddress(connection.getInetAddress(), connection.getPort());
		InetSocketAddress told = (this.source != null) ? this.source
				: new InetSocketAddress(connection.getLocalAddress(), connection.getLocalPort());
		return switch (this.version) {
			case V1 -> line(told, remote).getBytes(StandardCharsets.US_ASCII);
			case V2 -> binary(told, remote);
		};
	}

	private static String line(InetSocketAddress source, InetSocketAddress destination) {
		String family = (source.getAddress() instanceof Inet4Address) ? "TCP4" : "TCP6";
		return "PROXY " + family + " " + text(source) + " " + text(destination) + " " + source.getPort() + " "
				+ destination.getPort() + "\r\n";
	}

	/** Without the scope that a link-local address may have. */
	private static String text(InetSocketAddress side) {
		return address(side).getHostAddress().replaceFirst("%.*", "");
	}

	private static InetAddress address(InetSocketAddress side) {
		return Objects.requireNonNull(side.getAddress());
	}

	private static byte[] binary(InetSocketAddress source, InetSocketAddress destination) {
		byte[] from = address(source).getAddress();
		byte[] to = address(destination).getAddress();
		int length = from.length + to.length + 2 * Short.BYTES;
		return ByteBuffer.allocate(SIGNATURE.length + 4 + length)
			.put(SIGNATURE)
			.put(PROXY)
			.put((source.getAddress() instanceof Inet4Address) ? TCP_OVER_IPV4 : TCP_OVER_IPV6)
			.putShort((short) length)
			.put(from)
			.put(to)
			.putShort((short) source.getPort())
			.putShort((short) destination.getPort())
			.array();
	}

}

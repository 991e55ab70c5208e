package io.tcpecho.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * What a connection begins with where {@code echo.proxy-protocol} is {@code required}: a
 * header of the PROXY protocol, version 1 or 2, in which a load balancer tells for whom
 * it has connected.
 *
 * @see <a href="https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt">The PROXY
 * protocol</a>
 */
final class ProxyHeader {

	/** The longest that is taken, in bytes; version 2 could have 64 KB of TLVs. */
	static final int MAX_LENGTH = 4096;

	private static final int USUAL_LENGTH = 256;

	private static final int MAX_LENGTH_OF_VERSION_1 = 107;

	private static final byte[] VERSION_1 = "PROXY ".getBytes(StandardCharsets.US_ASCII);

	private static final Pattern LINE = Pattern
		.compile("PROXY (?:UNKNOWN(?: [^\n]*)?|" + "TCP[46](?: [0-9A-Fa-f:.]+){2}(?: (?:0|[1-9][0-9]{0,4})){2})\r\n");

	private static final byte[] VERSION_2 = "\r\n\r\n\0\r\nQUIT\n".getBytes(StandardCharsets.US_ASCII);

	/** Signature, version and command, family and transport, length of the rest. */
	private static final int FIXED_PART = 16;

	/** The told ends of the connection that the load balancer passes on. */
	record Proxied(InetSocketAddress source, InetSocketAddress destination) {
	}

	private @Nullable Proxied proxied;

	private byte[] rest = {};

	private ProxyHeader() {
	}

	/**
	 * Reads a header.
	 * @param more how many bytes may come with its end
	 * @return null if the stream ends before it
	 * @throws ProtocolException if what has come is no header, or the stream has ended in
	 * it
	 */
	static @Nullable ProxyHeader read(InputStream input, int more) throws IOException {
		ProxyHeader header = new ProxyHeader();
		byte[] bytes = new byte[USUAL_LENGTH + more];
		for (int length = 0;;) {
			int count = read(input, bytes, length);
			if (count < 0) {
				return null;
			}
			length += count;
			ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
			if (header.parse(buffer)) {
				header.rest = new byte[buffer.remaining()];
				buffer.get(header.rest);
				return header;
			}
			if (length == bytes.length) {
				bytes = Arrays.copyOf(bytes, MAX_LENGTH + more);
			}
		}
	}

	private static int read(InputStream input, byte[] bytes, int length) throws IOException {
		try {
			int count = input.read(bytes, length, bytes.length - length);
			if (count >= 0 || length == 0) {
				return count;
			}
		}
		catch (IOException ex) {
			if (length == 0) {
				throw ex;
			}
		}
		throw new ProtocolException("The stream has ended in a PROXY header");
	}

	/** Null for a connection of the load balancer's own, such as a health check. */
	@Nullable Proxied proxied() {
		return this.proxied;
	}

	/** What came after it in the same read. */
	byte[] rest() {
		return this.rest;
	}

	/** Whether a header is there as a whole, and then moves behind it. */
	private boolean parse(ByteBuffer bytes) throws IOException {
		return switch (bytes.get(0)) {
			case 'P' -> startsWith(VERSION_1, bytes) && parseVersion1(bytes);
			case '\r' -> startsWith(VERSION_2, bytes) && parseVersion2(bytes);
			default -> throw malformed();
		};
	}

	/** Whether all of it is there; what differs from it is no header. */
	private static boolean startsWith(byte[] prefix, ByteBuffer bytes) throws ProtocolException {
		int length = Math.min(prefix.length, bytes.remaining());
		if (!bytes.slice(0, length).equals(ByteBuffer.wrap(prefix, 0, length))) {
			throw malformed();
		}
		return length == prefix.length;
	}

	private boolean parseVersion1(ByteBuffer bytes) throws ProtocolException {
		int length = Math.min(MAX_LENGTH_OF_VERSION_1, bytes.remaining());
		String text = StandardCharsets.ISO_8859_1.decode(bytes.slice(0, length)).toString();
		int end = text.indexOf('\n') + 1;
		if (end == 0 && length < MAX_LENGTH_OF_VERSION_1) {
			return false;
		}
		String line = text.substring(0, end);
		if (!LINE.matcher(line).matches()) {
			throw malformed();
		}
		String[] words = line.strip().split(" ", -1);
		if (!words[1].equals("UNKNOWN")) {
			this.proxied = new Proxied(endpoint(words[1], words[2], words[4]), endpoint(words[1], words[3], words[5]));
		}
		bytes.position(end);
		return true;
	}

	private static InetSocketAddress endpoint(String family, String host, String port) throws ProtocolException {
		try {
			boolean ipv4 = family.equals("TCP4");
			// nginx writes TCP6 with an IPv4 address if the other one is IPv6.
			InetAddress address = ipv4 ? Inet4Address.ofLiteral(host) : InetAddress.ofLiteral(host);
			// Java takes 10.1 for 10.0.0.1, and zeros in front.
			if (host.contains(":") || address.getHostAddress().equals(host)) {
				return new InetSocketAddress(address, Integer.parseInt(port));
			}
		}
		catch (IllegalArgumentException ex) {
			// No such address, or a port above 65535.
		}
		throw malformed();
	}

	private boolean parseVersion2(ByteBuffer bytes) throws IOException {
		if (bytes.remaining() < FIXED_PART) {
			return false;
		}
		boolean local = switch (bytes.get(12)) {
			case 0x20 -> true;
			case 0x21 -> false;
			default -> throw malformed();
		};
		// Of a local one the family does not count.
		int addressLength = local ? 0 : switch (bytes.get(13)) {
			case 0x00, 0x01, 0x02 -> 0;
			case 0x11, 0x12 -> 4;
			case 0x21, 0x22 -> 16;
			// The path of a Unix socket, which tells nothing here.
			case 0x31, 0x32 -> 108;
			default -> throw malformed();
		};
		boolean internet = addressLength == 4 || addressLength == 16;
		int length = Short.toUnsignedInt(bytes.getShort(14));
		if (length < 2 * addressLength + (internet ? 2 * Short.BYTES : 0) || length > MAX_LENGTH - FIXED_PART) {
			throw malformed();
		}
		if (bytes.remaining() < FIXED_PART + length) {
			return false;
		}
		if (internet) {
			bytes.position(FIXED_PART);
			InetAddress source = address(bytes, addressLength);
			InetAddress destination = address(bytes, addressLength);
			this.proxied = new Proxied(new InetSocketAddress(source, Short.toUnsignedInt(bytes.getShort())),
					new InetSocketAddress(destination, Short.toUnsignedInt(bytes.getShort())));
		}
		bytes.position(FIXED_PART + length);
		return true;
	}

	private static InetAddress address(ByteBuffer bytes, int length) throws IOException {
		byte[] address = new byte[length];
		bytes.get(address);
		return InetAddress.getByAddress(address);
	}

	private static ProtocolException malformed() {
		return new ProtocolException("There is no PROXY header");
	}

}

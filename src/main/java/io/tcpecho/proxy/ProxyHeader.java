package io.tcpecho.proxy;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * What a connection begins with where {@code echo.proxy-protocol} is {@code required}: a
 * header of the PROXY protocol, version 1 or 2, in which a load balancer tells for whom
 * it has connected.
 *
 * @param source the told client
 * @param destination where the told client has connected to
 * @see <a href="https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt">The PROXY
 * protocol</a>
 */
public record ProxyHeader(InetSocketAddress source, InetSocketAddress destination) {

	/** The longest of version 1, with its line feed. */
	private static final int MAX_LENGTH = 107;

	/** Addresses and TLVs of version 2; the protocol allows 64 KB. */
	private static final int MAX_LENGTH_OF_REST = 4080;

	private static final byte[] VERSION_1 = "PROXY ".getBytes(StandardCharsets.US_ASCII);

	private static final Pattern LINE = Pattern
		.compile("UNKNOWN(?: [^\n]*)?\r\n|TCP[46](?: [0-9A-Fa-f:.]+){2}(?: (?:0|[1-9][0-9]{0,4})){2}\r\n");

	private static final byte[] VERSION_2 = "\r\n\r\n\0\r\nQUIT\n".getBytes(StandardCharsets.US_ASCII);

	/**
	 * Reads a header, and nothing that follows it.
	 * @param input buffered, for it is read in small pieces
	 * @return null if it tells of no client, as that of a load balancer's own health
	 * check; or if the stream ends before it, as the next read finds, too
	 * @throws ProtocolException if what comes is no header, or the stream ends or is
	 * reset in it
	 */
	public static @Nullable ProxyHeader read(InputStream input) throws IOException {
		int first = input.read();
		if (first < 0) {
			return null;
		}
		try {
			DataInputStream rest = new DataInputStream(input);
			return switch (first) {
				case 'P' -> readVersion1(rest);
				case '\r' -> readVersion2(rest);
				default -> throw malformed();
			};
		}
		catch (ProtocolException ex) {
			throw ex;
		}
		catch (IOException ex) {
			throw new ProtocolException("The stream has ended in a PROXY header");
		}
	}

	/** From its second byte. The first that differs is no header, whatever follows. */
	private static void expect(byte[] signature, DataInputStream rest) throws IOException {
		for (int i = 1; i < signature.length; i++) {
			if (rest.readByte() != signature[i]) {
				throw malformed();
			}
		}
	}

	private static @Nullable ProxyHeader readVersion1(DataInputStream rest) throws IOException {
		expect(VERSION_1, rest);
		StringBuilder line = new StringBuilder();
		char last;
		do {
			last = (char) rest.readUnsignedByte();
			line.append(last);
		}
		while (last != '\n' && line.length() < MAX_LENGTH - VERSION_1.length);
		if (!LINE.matcher(line).matches()) {
			throw malformed();
		}
		String[] words = line.toString().strip().split(" ", -1);
		return words[0].equals("UNKNOWN") ? null
				: new ProxyHeader(endpoint(words[0], words[1], words[3]), endpoint(words[0], words[2], words[4]));
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

	private static @Nullable ProxyHeader readVersion2(DataInputStream rest) throws IOException {
		expect(VERSION_2, rest);
		int command = rest.readUnsignedByte();
		int family = rest.readUnsignedByte();
		int length = rest.readUnsignedShort();
		int addressLength = switch (command) {
			// LOCAL, of which the family does not count, and PROXY.
			case 0x20 -> 0;
			case 0x21 -> switch (family) {
				case 0x00, 0x01, 0x02 -> 0;
				case 0x11, 0x12 -> 4;
				case 0x21, 0x22 -> 16;
				// The path of a Unix socket, which tells nothing here.
				case 0x31, 0x32 -> 108;
				default -> throw malformed();
			};
			default -> throw malformed();
		};
		boolean internet = addressLength == 4 || addressLength == 16;
		int addresses = 2 * addressLength + (internet ? 2 * Short.BYTES : 0);
		if (length < addresses || length > MAX_LENGTH_OF_REST) {
			throw malformed();
		}
		ProxyHeader header = null;
		if (internet) {
			// Where the stream has ended, readUnsignedShort says so at the latest.
			InetAddress source = InetAddress.getByAddress(rest.readNBytes(addressLength));
			InetAddress destination = InetAddress.getByAddress(rest.readNBytes(addressLength));
			header = new ProxyHeader(new InetSocketAddress(source, rest.readUnsignedShort()),
					new InetSocketAddress(destination, rest.readUnsignedShort()));
			length -= addresses;
		}
		rest.skipNBytes(length);
		return header;
	}

	private static ProtocolException malformed() {
		return new ProtocolException("There is no PROXY header");
	}

}

package io.tcpecho.settings;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;

import org.apache.tomcat.util.net.IPv6Utils;

/**
 * Addresses as people write them: {@code 192.0.2.1:23000}, {@code [::]:23000} (RFC 5952).
 * Public for {@code send}.
 */
public final class Addresses {

	private Addresses() {
	}

	public static String toString(InetSocketAddress address) {
		InetAddress host = address.getAddress();
		if (host == null) {
			return address.getHostString() + ":" + address.getPort();
		}
		if (host.isAnyLocalAddress()) {
			// As ss(8) writes it, for Java calls it 0.0.0.0 also where it is both
			// families.
			return "*:" + address.getPort();
		}
		return ((host instanceof Inet6Address) ? "[" + toString(host) + "]" : toString(host)) + ":" + address.getPort();
	}

	public static String toString(InetAddress address) {
		// Java writes 0:0:0:0:0:0:0:0.
		return (address instanceof Inet6Address) ? String.valueOf(IPv6Utils.canonize(address.getHostAddress()))
				: address.getHostAddress();
	}

}

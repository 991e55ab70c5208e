package io.tcpecho.send;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;

/**
 * Which of a host's addresses are tried.
 */
enum Family {

	ANY(InetAddress.class, "address"),

	IPV4(Inet4Address.class, "IPv4 address"),

	IPV6(Inet6Address.class, "IPv6 address");

	private final Class<? extends InetAddress> type;

	private final String noun;

	Family(Class<? extends InetAddress> type, String noun) {
		this.type = type;
		this.noun = noun;
	}

	static Family of(InetAddress address) {
		return (address instanceof Inet4Address) ? IPV4 : IPV6;
	}

	boolean includes(InetAddress address) {
		return this.type.isInstance(address);
	}

	InetAddress[] filter(InetAddress[] addresses) {
		return Arrays.stream(addresses).filter(this::includes).toArray(InetAddress[]::new);
	}

	/** What it is that a host must have. */
	@Override
	public String toString() {
		return this.noun;
	}

}

package io.tcpecho.send;

import java.net.InetSocketAddress;
import java.util.Objects;

import io.tcpecho.settings.Addresses;
import org.jspecify.annotations.Nullable;

/**
 * One exchange that has ended.
 *
 * @param outcome how it ended
 * @param address the one used, or the one that decided the outcome; null if the host has
 * none
 * @param description what happened, to which address
 * @param reply what was received
 * @param nanoseconds from the first attempt to connect to the end
 * @param identity who answered, if the reply tells
 */
@SuppressWarnings("ArrayRecordComponent") // exchanges are never compared
record Exchange(Outcome outcome, @Nullable InetSocketAddress address, String description, byte[] reply,
		long nanoseconds, @Nullable Identity identity) {

	private static final byte[] NO_REPLY = {};

	/**
	 * @param what what the address did
	 */
	static Exchange with(InetSocketAddress address, Outcome outcome, String what, byte[] reply, long nanoseconds) {
		return new Exchange(outcome, address, shown(address) + " " + what, reply, nanoseconds, null);
	}

	/** With the name that was looked up, if one was. */
	private static String shown(InetSocketAddress address) {
		String name = address.getHostString();
		String shown = Addresses.toString(address);
		return name.equals(Objects.requireNonNull(address.getAddress()).getHostAddress()) ? shown
				: "%s (%s)".formatted(name, shown);
	}

	/**
	 * @param what what the address did
	 */
	static Exchange with(InetSocketAddress address, Outcome outcome, String what, long nanoseconds) {
		return with(address, outcome, what, NO_REPLY, nanoseconds);
	}

	/**
	 * @param what the host has not
	 */
	static Exchange unresolved(String host, Family what) {
		return new Exchange(Outcome.UNRESOLVED, null, "no " + what + " is known for " + host, NO_REPLY, 0, null);
	}

	Exchange by(@Nullable Identity identity) {
		return new Exchange(this.outcome, this.address, this.description, this.reply, this.nanoseconds, identity);
	}

}

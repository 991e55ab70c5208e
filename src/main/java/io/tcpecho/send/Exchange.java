package io.tcpecho.send;

import java.net.InetSocketAddress;
import java.util.Objects;

import io.tcpecho.settings.Addresses;
import org.jspecify.annotations.Nullable;

/**
 * One exchange that has ended.
 *
 * @param ending how it ended
 * @param address the one used, or the one that decided the ending; null if the host has
 * none
 * @param description what happened, to which address
 * @param reply what was received
 * @param nanoseconds from the first attempt to connect to the end
 * @param instance who answered, if the reply tells
 */
@SuppressWarnings("ArrayRecordComponent") // exchanges are never compared
record Exchange(Ending ending, @Nullable InetSocketAddress address, String description, byte[] reply, long nanoseconds,
		@Nullable Instance instance) {

	static final byte[] NO_REPLY = {};

	/**
	 * @param what what the address did
	 */
	static Exchange with(InetSocketAddress address, Ending ending, String what, byte[] reply, long nanoseconds,
			@Nullable Instance instance) {
		return new Exchange(ending, address, shown(address) + " " + what, reply, nanoseconds, instance);
	}

	/** With the name that was looked up, if one was. */
	private static String shown(InetSocketAddress address) {
		String name = address.getHostString();
		String shown = Addresses.toString(address);
		return name.equals(Objects.requireNonNull(address.getAddress()).getHostAddress()) ? shown
				: name + " (" + shown + ")";
	}

}

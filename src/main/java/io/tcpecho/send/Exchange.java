package io.tcpecho.send;

import java.net.InetSocketAddress;

import org.jspecify.annotations.Nullable;

/**
 * One exchange that has ended.
 *
 * @param address the one used, or the one that decided the ending; null if the host has
 * none
 * @param description what happened, to which address
 * @param nanoseconds from the first attempt to connect to the end
 * @param instance who answered, if the reply tells
 * @param certificate what the service has shown, if it had to
 */
@SuppressWarnings("ArrayRecordComponent") // exchanges are never compared
record Exchange(Ending ending, @Nullable InetSocketAddress address, String description, byte[] reply, long nanoseconds,
		@Nullable Instance instance, Tls.@Nullable Certificate certificate) {

	/** Without a reply. */
	static Exchange failed(Ending ending, @Nullable InetSocketAddress address, String description, long nanoseconds) {
		return new Exchange(ending, address, description, new byte[0], nanoseconds, null, null);
	}

}

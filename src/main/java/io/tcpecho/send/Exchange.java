package io.tcpecho.send;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Collectors;

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
 * @param passedOver attempts at other addresses, before one took the connection
 */
@SuppressWarnings("ArrayRecordComponent") // exchanges are never compared
record Exchange(Ending ending, @Nullable InetSocketAddress address, String description, byte[] reply, long nanoseconds,
		@Nullable Instance instance, Tls.@Nullable Certificate certificate, List<Exchange> passedOver) {

	/** With the first address. */
	Exchange(Ending ending, @Nullable InetSocketAddress address, String description, byte[] reply, long nanoseconds,
			@Nullable Instance instance, Tls.@Nullable Certificate certificate) {
		this(ending, address, description, reply, nanoseconds, instance, certificate, List.of());
	}

	/** Without a reply. */
	static Exchange failed(Ending ending, @Nullable InetSocketAddress address, String description, long nanoseconds) {
		return new Exchange(ending, address, description, new byte[0], nanoseconds, null, null);
	}

	/** The same, with what failed before, if anything did. */
	Exchange after(List<Exchange> failed) {
		if (failed.isEmpty()) {
			return this;
		}
		String more = failed.stream().map(Exchange::description).collect(Collectors.joining(", "));
		return new Exchange(this.ending, this.address, this.description + ", after " + more, this.reply,
				this.nanoseconds, this.instance, this.certificate, failed);
	}

}

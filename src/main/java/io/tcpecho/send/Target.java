package io.tcpecho.send;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;

import io.tcpecho.send.Endpoint.Family;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The options that say where a message goes, and on whose behalf.
 */
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class Target {

	private static final int DEFAULT_PORT = 23000;

	@Option(names = "--host", defaultValue = "localhost", paramLabel = "HOST[:PORT]",
			description = "Name or IP address, or [IPv6 address]:PORT. All addresses of a name are tried in order.")
	private Endpoint host;

	@Option(names = { "-p", "--port" }, paramLabel = "PORT", description = "1 to 65535.%n  Default: " + DEFAULT_PORT)
	private @Nullable Integer port;

	@Option(names = "-4", description = "Only IPv4 addresses.")
	private boolean onlyIpv4;

	@Option(names = "-6", description = "Only IPv6 addresses.")
	private boolean onlyIpv6;

	@Option(names = "--connect-timeout", defaultValue = "5s", paramLabel = "DURATION",
			description = "For each address, 1ms to 60s.")
	private Duration connectTimeout;

	@Option(names = "--timeout", defaultValue = "10s", paramLabel = "DURATION",
			description = "From being connected to the end of the reply, 1ms to 24h.")
	private Duration timeout;

	@Option(names = "--proxy-protocol", paramLabel = "VERSION",
			description = "v1 or v2: a PROXY header comes before the message, in one segment with it if both fit.")
	private OutgoingHeader.@Nullable Version proxyProtocol;

	@Option(names = "--proxy-source", paramLabel = "ADDRESS:PORT",
			description = "The client that the header tells of, [IPv6 address]:PORT included. Only addresses of its family are "
					+ "tried.%n  Default: the connection's own local address")
	private @Nullable Endpoint proxySource;

	@Mixin
	private Tls.Options tls;

	/** Checks the options; the client only connects. */
	EchoClient client(Usage usage) {
		usage.range("--port", this.port, 1, 65535);
		usage.refuseIf(this.port != null && this.host.port() != null,
				"The port is given twice, by --host and by --port");
		usage.range("--connect-timeout", this.connectTimeout, Duration.ofMillis(1), Duration.ofSeconds(60));
		usage.range("--timeout", this.timeout, Duration.ofMillis(1), Duration.ofHours(24));
		usage.refuseIf(this.onlyIpv4 && this.onlyIpv6, "Use -4 or -6, not both");
		InetSocketAddress source = source(usage);
		Integer told = (this.port != null) ? this.port : this.host.port();
		return new EchoClient(this.host.host(), (told != null) ? told : DEFAULT_PORT, this.connectTimeout, this.timeout,
				family(usage, source),
				(this.proxyProtocol != null) ? new OutgoingHeader(this.proxyProtocol, source) : null,
				this.tls.tls(usage, this.host.host()));
	}

	private @Nullable InetSocketAddress source(Usage usage) {
		if (this.proxySource == null) {
			return null;
		}
		usage.refuseIf(this.proxyProtocol == null, "--proxy-source needs --proxy-protocol");
		InetAddress address = this.proxySource.literal();
		Integer sourcePort = this.proxySource.port();
		if (address == null || sourcePort == null) {
			throw usage.refusal("Invalid value for option '--proxy-source': must be an address with a port, such as "
					+ "192.0.2.1:1234 or [2001:db8::1]:1234");
		}
		return new InetSocketAddress(address, sourcePort);
	}

	private Family family(Usage usage, @Nullable InetSocketAddress source) {
		Family asked = this.onlyIpv4 ? Family.IPV4 : this.onlyIpv6 ? Family.IPV6 : Family.ANY;
		if (source == null) {
			return asked;
		}
		Family told = Family.of(Objects.requireNonNull(source.getAddress()));
		usage.refuseIf(asked != Family.ANY && asked != told,
				"A header tells of one family only, and --proxy-source is an " + told + ": leave out "
						+ (this.onlyIpv4 ? "-4" : "-6"));
		InetAddress destination = this.host.literal();
		if (destination != null && Family.of(destination) != told) {
			throw usage.refusal("A header tells of one family only: --proxy-source is an " + told + ", and --host an "
					+ Family.of(destination));
		}
		return told;
	}

}

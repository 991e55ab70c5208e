package io.tcpecho;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.IntSupplier;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.info.BuildProperties;
import org.springframework.integration.core.GenericHandler;
import org.springframework.integration.ip.IpHeaders;
import org.springframework.messaging.MessageHeaders;

/**
 * The handler for {@code echo.reply=identity}: one line of JSON that says who answers,
 * and what it has seen of its client. Others read it, so fields are only ever added.
 * Thread-safe.
 */
final class Identity implements GenericHandler<byte[]> {

	private static final ObjectWriter WRITER = JsonMapper.shared().writerFor(Reply.class);

	private final String instance;

	private final String namespace;

	private final String node;

	private final @Nullable String version;

	private final IntSupplier port;

	/**
	 * @param build tells the version; null where there is none, as in an IDE
	 * @param port that the service listens on
	 */
	Identity(EchoProperties.Identity settings, @Nullable BuildProperties build, IntSupplier port) {
		this.instance = settings.instance().isEmpty() ? hostName() : settings.instance();
		this.namespace = settings.namespace();
		this.node = settings.node();
		this.version = (build == null) ? null : build.getVersion();
		this.port = port;
	}

	private static String hostName() {
		try {
			return InetAddress.getLocalHost().getHostName();
		}
		catch (UnknownHostException ex) {
			throw new FailureAnalyzedException("This host's own name has no address: %s.".formatted(ex.getMessage()),
					"Set echo.identity.instance.", ex);
		}
	}

	@Override
	public byte[] handle(byte[] message, MessageHeaders headers) {
		InetAddress peer = InetAddress.ofLiteral(header(headers, IpHeaders.IP_ADDRESS, String.class));
		Integer peerPort = header(headers, IpHeaders.REMOTE_PORT, Integer.class);
		InetAddress local = header(headers, IpHeaders.LOCAL_ADDRESS, InetAddress.class);
		byte[] json = WRITER.writeValueAsBytes(
				new Reply(this.instance, this.namespace, this.node, this.version, new Endpoint(peer, peerPort),
						new Endpoint(local, this.port.getAsInt()), proxied(headers), message.length));
		byte[] line = Arrays.copyOf(json, json.length + 1);
		line[json.length] = '\n';
		return line;
	}

	private static @Nullable Proxied proxied(MessageHeaders headers) {
		InetSocketAddress source = headers.get(EchoMessageMapper.PROXY_SOURCE, InetSocketAddress.class);
		return (source == null) ? null : new Proxied(new Endpoint(source),
				new Endpoint(header(headers, EchoMessageMapper.PROXY_DESTINATION, InetSocketAddress.class)));
	}

	private static <T> T header(MessageHeaders headers, String name, Class<T> type) {
		return Objects.requireNonNull(headers.get(name, type));
	}

	/** The line; without those that are null or empty. */
	@JsonInclude(Include.NON_EMPTY)
	@JsonPropertyOrder({ "instance", "namespace", "node", "version", "peer", "local", "proxied", "received" })
	private record Reply(String instance, String namespace, String node, @Nullable String version, Endpoint peer,
			Endpoint local, @Nullable Proxied proxied, int received) {
	}

	@JsonPropertyOrder({ "source", "destination" })
	private record Proxied(Endpoint source, Endpoint destination) {
	}

	@JsonPropertyOrder({ "address", "port" })
	private record Endpoint(String address, int port) {

		Endpoint(InetAddress address, int port) {
			this(Addresses.toString(address), port);
		}

		Endpoint(InetSocketAddress address) {
			this(Objects.requireNonNull(address.getAddress()), address.getPort());
		}

	}

}

package io.tcpecho.identity;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntSupplier;

import io.tcpecho.server.EchoHeaders;
import io.tcpecho.settings.Addresses;
import io.tcpecho.settings.EchoProperties;
import io.tcpecho.tls.TlsSession;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.info.BuildProperties;
import org.springframework.integration.core.GenericHandler;
import org.springframework.integration.ip.IpHeaders;
import org.springframework.messaging.MessageHeaders;

/**
 * The handler for {@code echo.reply=identity}: one line of JSON that says who answers,
 * and what it has seen of its client. Others read it, so fields are only ever added.
 * Thread-safe.
 */
public final class IdentityHandler implements GenericHandler<byte[]> {

	/** Of what a client names, in characters; what is cut ends with one more, "…". */
	private static final int LONGEST_NAME = 200;

	/** What is the same in each reply. */
	private final Map<String, Object> who = new LinkedHashMap<>();

	private final IntSupplier port;

	/**
	 * @param build tells the version; null where there is none, as in an IDE
	 * @param port that the service listens on
	 */
	public IdentityHandler(EchoProperties.Identity settings, @Nullable BuildProperties build, IntSupplier port) {
		put("instance", settings.instance().isEmpty() ? hostName() : settings.instance());
		put("namespace", settings.namespace());
		put("node", settings.node());
		put("version", (build == null) ? "" : Objects.requireNonNullElse(build.getVersion(), ""));
		this.port = port;
	}

	private void put(String name, String value) {
		if (!value.isEmpty()) {
			this.who.put(name, value);
		}
	}

	private static String hostName() {
		try {
			return InetAddress.getLocalHost().getHostName();
		}
		catch (UnknownHostException ex) {
			return nameWithoutAddress();
		}
	}

	private static String nameWithoutAddress() {
		try {
			// Of the container, if it is one: proc_sys_kernel(5).
			return String.join("", Files.readAllLines(Path.of("/proc/sys/kernel/hostname")));
		}
		catch (IOException ex) {
			return "localhost";
		}
	}

	@Override
	public byte[] handle(byte[] message, MessageHeaders headers) {
		Map<String, Object> reply = new LinkedHashMap<>(this.who);
		reply.put("peer", endpoint(InetAddress.ofLiteral(header(headers, IpHeaders.IP_ADDRESS, String.class)),
				header(headers, IpHeaders.REMOTE_PORT, Integer.class)));
		reply.put("local", endpoint(header(headers, IpHeaders.LOCAL_ADDRESS, InetAddress.class), this.port.getAsInt()));
		if (headers.containsKey(EchoHeaders.PROXY_SOURCE)) {
			Map<String, Object> proxied = new LinkedHashMap<>();
			proxied.put("source", endpoint(header(headers, EchoHeaders.PROXY_SOURCE, InetSocketAddress.class)));
			proxied.put("destination",
					endpoint(header(headers, EchoHeaders.PROXY_DESTINATION, InetSocketAddress.class)));
			reply.put("proxied", proxied);
		}
		if (headers.containsKey(EchoHeaders.TLS)) {
			reply.put("tls", tls(header(headers, EchoHeaders.TLS, TlsSession.class)));
		}
		reply.put("received", message.length);
		return (JsonMapper.shared().writeValueAsString(reply) + "\n").getBytes(StandardCharsets.UTF_8);
	}

	private static Map<String, Object> tls(TlsSession session) {
		Map<String, Object> tls = new LinkedHashMap<>();
		tls.put("protocol", session.protocol());
		tls.put("cipherSuite", session.cipherSuite());
		putCut(tls, "serverName", session.serverName());
		putCut(tls, "applicationProtocol", session.applicationProtocol());
		TlsSession.ClientCertificate shown = session.clientCertificate();
		if (shown != null) {
			Map<String, Object> certificate = new LinkedHashMap<>();
			putCut(certificate, "subject", shown.subject());
			putCut(certificate, "issuer", shown.issuer());
			tls.put("clientCertificate", certificate);
		}
		return tls;
	}

	/** A client can choose it as long as it likes, and the reply has a largest size. */
	private static void putCut(Map<String, Object> reply, String name, @Nullable String value) {
		if (value != null) {
			reply.put(name, (value.length() <= LONGEST_NAME) ? value : value.substring(0, LONGEST_NAME) + "…");
		}
	}

	private static Map<String, Object> endpoint(InetSocketAddress address) {
		return endpoint(Objects.requireNonNull(address.getAddress()), address.getPort());
	}

	private static Map<String, Object> endpoint(InetAddress address, int port) {
		Map<String, Object> endpoint = new LinkedHashMap<>();
		endpoint.put("address", Addresses.toString(address));
		endpoint.put("port", port);
		return endpoint;
	}

	private static <T> T header(MessageHeaders headers, String name, Class<T> type) {
		return Objects.requireNonNull(headers.get(name, type));
	}

}

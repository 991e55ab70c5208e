package io.tcpecho.server;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.Socket;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.time.Duration;
import java.util.Collections;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.tcpecho.settings.EchoProperties;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslOptions;
import org.springframework.boot.web.server.Ssl.ClientAuth;
import org.springframework.core.NestedExceptionUtils;

/**
 * TLS on accepted sockets, as the bundle of {@code echo.ssl.bundle} has it. What Spring
 * Boot has reloaded is for the handshakes that come after. Thread-safe.
 */
final class Tls {

	private static final Duration[] BUCKETS = Books.micros(500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000,
			250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000);

	/** Kept for clients without session tickets; the JDK's 20,480 would be megabytes. */
	private static final int MAX_SESSIONS = 1_024;

	private record Current(SSLSocketFactory sockets, SSLParameters parameters) {
	}

	private final ClientAuth clientAuth;

	private final Timer handshakes;

	private volatile Current current;

	private Tls(EchoProperties.Ssl settings, SslBundles bundles, MeterRegistry registry) {
		this.clientAuth = settings.clientAuth();
		// First, or a reload in between would be missed.
		bundles.addBundleUpdateHandler(settings.bundle(), (_) -> load(settings, bundles));
		load(settings, bundles);
		this.handshakes = Timer.builder("echo.handshake.duration")
			.description("From the first bytes of a TLS handshake to its end, of those that succeed")
			.serviceLevelObjectives(BUCKETS)
			.register(registry);
	}

	/** Null where connections are plain TCP. */
	static @Nullable Tls of(EchoProperties.Ssl settings, SslBundles bundles, MeterRegistry registry) {
		if (settings.bundle().isEmpty()) {
			return null;
		}
		try {
			return new Tls(settings, bundles, registry);
		}
		catch (RuntimeException ex) {
			throw new FailureAnalyzedException(
					"echo.ssl.bundle is \"%s\", which can't be used: %s".formatted(settings.bundle(),
							NestedExceptionUtils.getMostSpecificCause(ex).getMessage()),
					"Correct spring.ssl.bundle.pem.%1$s or spring.ssl.bundle.jks.%1$s.".formatted(settings.bundle()));
		}
	}

	/** One at a time, or the older could come last. */
	private synchronized void load(EchoProperties.Ssl settings, SslBundles bundles) {
		this.current = current(bundles.getBundle(settings.bundle()));
	}

	private Current current(SslBundle bundle) {
		KeyStore keys = bundle.getStores().getKeyStore();
		if (keys == null || !hasKey(keys)) {
			throw new IllegalStateException("it has no key");
		}
		SSLContext context = bundle.createSslContext();
		Objects.requireNonNull(context.getServerSessionContext()).setSessionCacheSize(MAX_SESSIONS);
		SSLParameters parameters = context.getDefaultSSLParameters();
		SslOptions options = bundle.getOptions();
		if (options.getCiphers() != null) {
			parameters.setCipherSuites(options.getCiphers());
		}
		if (options.getEnabledProtocols() != null) {
			parameters.setProtocols(options.getEnabledProtocols());
		}
		switch (this.clientAuth) {
			case NONE -> {
			}
			case WANT -> parameters.setWantClientAuth(true);
			case NEED -> parameters.setNeedClientAuth(true);
		}
		return new Current(context.getSocketFactory(), parameters);
	}

	private static boolean hasKey(KeyStore keys) {
		try {
			for (String alias : Collections.list(keys.aliases())) {
				if (keys.isKeyEntry(alias)) {
					return true;
				}
			}
			return false;
		}
		catch (KeyStoreException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Shakes hands. The socket that it returns never closes the plain one, and is not to
	 * be closed: that would wait behind a write.
	 * @param input of the plain one, or one around it that has read ahead
	 * @return null if the stream ends before it
	 * @throws SSLException if it fails, or the stream ends in it
	 */
	@Nullable SSLSocket handshake(Socket plain, InputStream input) throws IOException {
		// The JDK takes an end for a handshake that has failed, and holds buffers of
		// 13 KB before the first byte.
		byte[] first = input.readNBytes(1);
		if (first.length == 0) {
			return null;
		}
		long start = System.nanoTime();
		Current current = this.current;
		try {
			// Else several small writes meet the client's delayed ACK, 40 ms.
			plain.setTcpNoDelay(true);
			SSLSocket socket = (SSLSocket) current.sockets()
				.createSocket(plain, new SequenceInputStream(new ByteArrayInputStream(first), input), false);
			socket.setSSLParameters(current.parameters());
			socket.setHandshakeApplicationProtocolSelector((_, offered) -> offered.getFirst());
			socket.startHandshake();
			if (socket.isInputShutdown()) {
				// It returns if the client cancels (user_canceled, close_notify).
				throw new SSLHandshakeException("The client has ended it");
			}
			this.handshakes.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
			return socket;
		}
		catch (IOException ex) {
			throw new SSLHandshakeException("There is no TLS handshake", ex);
		}
	}

}

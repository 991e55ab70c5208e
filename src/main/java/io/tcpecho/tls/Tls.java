package io.tcpecho.tls;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

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
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleRegistry;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslOptions;
import org.springframework.boot.web.server.Ssl.ClientAuth;
import org.springframework.core.NestedExceptionUtils;

/**
 * TLS on accepted sockets, as the bundle of {@code echo.ssl.bundle} has it. What Spring
 * Boot has reloaded is for the handshakes that come after. Thread-safe.
 */
public final class Tls {

	private static final Duration[] BUCKETS = IntStream
		.of(500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
				5_000_000, 10_000_000)
		.mapToObj((micros) -> Duration.of(micros, ChronoUnit.MICROS))
		.toArray(Duration[]::new);

	/** Kept for clients without session tickets; the JDK's 20,480 would be megabytes. */
	private static final int MAX_SESSIONS = 1_024;

	private record Current(SslBundle bundle, SSLSocketFactory sockets, SSLParameters parameters) {
	}

	private final String bundle;

	private final ClientAuth clientAuth;

	private final Timer handshakes;

	private volatile @Nullable Current current;

	private Tls(EchoProperties.Ssl settings, SslBundles bundles, MeterRegistry registry) {
		this.clientAuth = settings.clientAuth();
		this.bundle = settings.bundle();
		try {
			// First, or a reload in between would be missed.
			bundles.addBundleUpdateHandler(this.bundle, (_) -> load(bundles));
		}
		catch (NoSuchSslBundleException ex) {
			throw unusable(ex);
		}
		load(bundles);
		this.handshakes = Timer.builder("echo.handshake.duration")
			.description("From the first bytes of a TLS handshake to its end, of those that succeed")
			.serviceLevelObjectives(BUCKETS)
			.register(registry);
	}

	/** Null where connections are plain TCP. */
	public static @Nullable Tls of(EchoProperties.Ssl settings, SslBundles bundles, MeterRegistry registry) {
		return settings.bundle().isEmpty() ? null : new Tls(settings, bundles, registry);
	}

	/**
	 * One at a time, or the older could come last. If it fails, the one before stays, and
	 * Spring Boot logs an ERROR.
	 */
	private synchronized void load(SslBundles bundles) {
		Current served = this.current;
		SslBundle next = bundles.getBundle(this.bundle);
		if (served != null && next.equals(served.bundle())) {
			return;
		}
		try {
			this.current = current(next);
		}
		catch (RuntimeException | KeyStoreException ex) {
			if (served != null && bundles instanceof SslBundleRegistry registry) {
				// Metrics tell of the bundle that is there. Comes back here.
				registry.updateBundle(this.bundle, served.bundle());
			}
			throw unusable(ex);
		}
	}

	private FailureAnalyzedException unusable(Exception failure) {
		return new FailureAnalyzedException(
				"echo.ssl.bundle is \"%s\", which can't be used: %s".formatted(this.bundle,
						NestedExceptionUtils.getMostSpecificCause(failure).getMessage()),
				"Correct spring.ssl.bundle.pem.%1$s or spring.ssl.bundle.jks.%1$s: the key has to fit its certificate, and the options both."
					.formatted(this.bundle),
				failure);
	}

	private Current current(SslBundle bundle) throws KeyStoreException {
		KeyStore store = bundle.getStores().getKeyStore();
		Set<String> keys = (store != null) ? keys(store, bundle.getKey().getAlias()) : Set.of();
		if (keys.isEmpty()) {
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
		try {
			// Before clients are asked for certificates: it has none.
			TlsTrial.handshake(context, parameters);
		}
		catch (GeneralSecurityException | SSLException | IllegalArgumentException ex) {
			throw new IllegalStateException(
					"no handshake succeeds with a key of %s, options.enabled-protocols=%s and options.ciphers=%s: %s"
						.formatted(String.join(" or ", keys), shown(options.getEnabledProtocols()),
								shown(options.getCiphers()),
								// Without the name of the alert that the JDK puts before
								// it.
								String.valueOf(ex.getMessage()).replaceFirst("^\\(\\w+\\) ", "")));
		}
		switch (this.clientAuth) {
			case NONE -> {
			}
			case WANT -> parameters.setWantClientAuth(true);
			case NEED -> parameters.setNeedClientAuth(true);
		}
		return new Current(bundle, context.getSocketFactory(), parameters);
	}

	/** The algorithms of those that have a certificate, with size or curve. */
	private static Set<String> keys(KeyStore store, @Nullable String only) throws KeyStoreException {
		Set<String> keys = new TreeSet<>();
		for (String alias : (only != null) ? List.of(only) : Collections.list(store.aliases())) {
			Certificate certificate = store.getCertificate(alias);
			if (store.isKeyEntry(alias) && certificate != null) {
				keys.add(described(certificate.getPublicKey()));
			}
		}
		return keys;
	}

	private static String described(PublicKey key) {
		return switch (key) {
			case RSAKey rsa -> "%s with %s bits".formatted(key.getAlgorithm(), rsa.getModulus().bitLength());
			case ECKey ec -> "%s on %s".formatted(key.getAlgorithm(), ec.getParams().toString().split(" ", 2)[0]);
			default -> key.getAlgorithm();
		};
	}

	private static String shown(String @Nullable [] option) {
		return (option != null) ? String.join(",", option) : "(the JDK's)";
	}

	/**
	 * Shakes hands. The socket that it returns never closes the plain one, and is not to
	 * be closed: that would wait behind a write.
	 * @param input of the plain one, or one around it that has read ahead
	 * @throws EOFException if the stream ends before it
	 * @throws SSLException if it fails, or the stream ends or is reset in it
	 */
	public SSLSocket handshake(Socket plain, InputStream input) throws IOException {
		// The JDK takes an end for a handshake that has failed, and holds buffers of
		// 13 KB before the first byte.
		byte[] first = input.readNBytes(1);
		if (first.length == 0) {
			throw new EOFException("The stream has ended");
		}
		long start = System.nanoTime();
		Current current = Objects.requireNonNull(this.current);
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

package io.tcpecho;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.Executor;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.serializer.Deserializer;
import org.springframework.integration.ip.tcp.connection.TcpNetServerConnectionFactory;
import org.springframework.util.Assert;

/**
 * Spring Integration's server, with {@link EchoListener} as its server socket and
 * {@link EchoConnection} as its connection.
 * <p>
 * What it overrides: {@link #start()} binds on the caller's thread, so that a taken port
 * fails the start; {@link #run()} tells when the accept loop has ended that should not
 * have; {@link #stop()} reaches a listener whose loop has not begun;
 * {@link #harvestClosedConnections()} would walk all open connections at each accept, and
 * each connection removes itself; {@link #setSocketAttributes} would set options that a
 * single write does not need.
 */
final class EchoConnectionFactory extends TcpNetServerConnectionFactory implements SmartLifecycle {

	private final EchoProperties properties;

	private final EchoMetrics metrics;

	private final int limit;

	private volatile @Nullable EchoListener listener;

	/**
	 * @param limit connections open at once
	 * @param exchangeExecutor where exchanges run; the accept loop has a thread of its
	 * own
	 */
	EchoConnectionFactory(EchoProperties properties, int limit, EchoMetrics metrics, Executor exchangeExecutor) {
		super(properties.port());
		this.properties = properties;
		this.limit = limit;
		this.metrics = metrics;
		setSingleUse(true);
		// Else single use sets one on each socket; the listener keeps the read timeout.
		setSoTimeout(0);
		setMapper(new EchoMessageMapper());
		setDeserializer((Deserializer<byte[]>) InputStream::readAllBytes);
		setTcpNetConnectionSupport(
				(socket, server, lookupHost, publisher, name) -> new EchoConnection((EchoSocket) socket, this));
		setTaskExecutor((task) -> {
			if (task == this) {
				Thread.ofPlatform().name("echo-listener").start(task);
			}
			else {
				exchangeExecutor.execute(task);
			}
		});
	}

	/** No: the gateway starts it, once the flow behind it takes messages. */
	@Override
	public boolean isAutoStartup() {
		return false;
	}

	/** Stopped after {@link Drain}, with the gateway. */
	@Override
	public int getPhase() {
		return 0;
	}

	@Override
	public void start() {
		if (!isActive()) {
			try {
				this.listener = new EchoListener(this.properties, this.limit, this.metrics);
			}
			catch (IOException | UnresolvedAddressException ex) {
				InetSocketAddress address = this.properties.socketAddress();
				throw new FailureAnalyzedException("Cannot listen on %s: %s.".formatted(address, ex), """
						Choose another address with echo.address or another port with echo.port. \
						If the port is in use, "ss -ltnp sport = :%d" names the process that has it. \
						If permission is denied, take a port from 1024 up.""".formatted(address.getPort()), ex);
			}
		}
		super.start();
	}

	@Override
	public void run() {
		EchoListener running = listener();
		try {
			super.run();
		}
		catch (RuntimeException | Error ex) {
			logger.error(ex, "The accept loop failed");
		}
		finally {
			running.release();
			if (!running.isStopping()) {
				logger.error("The accept loop has ended: nothing is served until a restart");
				AvailabilityChangeEvent.publish(getApplicationContext(), LivenessState.BROKEN);
			}
		}
	}

	/** Cuts every connection that is open: {@link Drain} comes before. */
	@Override
	public void stop() {
		// First, or the end of the accept loop is logged as an error.
		setActive(false);
		EchoListener stopping = this.listener;
		if (stopping != null) {
			// The parent knows it only when the accept loop has begun.
			stopping.close();
		}
		super.stop();
	}

	/** Whether connections are accepted, or wait only for a place. */
	boolean isAccepting() {
		EchoListener current = this.listener;
		return current != null && isListening() && current.isAccepting();
	}

	/** The listener of the newest start. */
	EchoListener listener() {
		EchoListener current = this.listener;
		Assert.state(current != null, "Not started");
		return current;
	}

	int limit() {
		return this.limit;
	}

	@Override
	protected ServerSocket createServerSocket(int port, int backlog, @Nullable InetAddress whichNic) {
		return listener();
	}

	@Override
	protected void setSocketAttributes(Socket socket) {
	}

	@Override
	protected void harvestClosedConnections() {
	}

}

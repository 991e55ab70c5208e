package io.tcpecho.send;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * A socket whose reads all end by one deadline, those of a TLS handshake included, and
 * which knows whether its peer has ended the stream, which TLS above it conceals.
 */
final class Connection extends Socket {

	private long deadline;

	private boolean ended;

	Connection() throws SocketException {
		// Whatever proxy the JVM is set to, it is the peer itself that is asked for.
		super(Proxy.NO_PROXY);
		// In a handshake small writes follow each other, and would wait for a delayed
		// ACK.
		setTcpNoDelay(true);
	}

	/** Comes before all reads; in {@link System#nanoTime()}. */
	void endBy(long deadline) {
		this.deadline = deadline;
	}

	/** A read of TLS 1.2 may wait for a write that nobody takes: closing ends both. */
	void closeAtItsEnd() {
		Executor then = CompletableFuture.delayedExecutor(this.deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
		then.execute(() -> {
			try {
				close();
			}
			catch (IOException ex) {
				// It is gone.
			}
		});
	}

	/** Whether the end of the stream has been read. */
	boolean hasEnded() {
		return this.ended;
	}

	@Override
	public InputStream getInputStream() throws IOException {
		return new FilterInputStream(super.getInputStream()) {

			@Override
			public int read(byte[] buffer, int offset, int length) throws IOException {
				long left = TimeUnit.NANOSECONDS.toMillis(Connection.this.deadline - System.nanoTime());
				if (left <= 0) {
					throw new SocketTimeoutException();
				}
				setSoTimeout((int) left);
				int count = super.read(buffer, offset, length);
				Connection.this.ended = count == -1;
				return count;
			}

		};
	}

}

package io.tcpecho.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/**
 * A client of the service. Reads time out, so that no test waits for ever.
 */
public final class TestClient implements AutoCloseable {

	private static final int READ_TIMEOUT = 20_000;

	private final Socket socket;

	public TestClient(Socket socket) throws IOException {
		this.socket = socket;
		socket.setSoTimeout(READ_TIMEOUT);
		socket.setTcpNoDelay(true);
	}

	public static TestClient connect(int port) throws IOException {
		return new TestClient(new Socket(InetAddress.getLoopbackAddress(), port));
	}

	public TestClient write(byte[] bytes) throws IOException {
		this.socket.getOutputStream().write(bytes);
		return this;
	}

	public TestClient write(String text) throws IOException {
		return write(text.getBytes(StandardCharsets.UTF_8));
	}

	public void sendBufferSize(int bytes) throws IOException {
		this.socket.setSendBufferSize(bytes);
	}

	public TestClient halfClose() throws IOException {
		this.socket.shutdownOutput();
		return this;
	}

	/** Reads to the end of the stream; a reset throws. */
	public byte[] readAll() throws IOException {
		return this.socket.getInputStream().readAllBytes();
	}

	public String readText() throws IOException {
		return new String(readAll(), StandardCharsets.UTF_8);
	}

	/** What a client does, not what a test waits for. */
	public void pause() {
		LockSupport.parkNanos(5_000_000);
	}

	/** Closes with RST instead of FIN. */
	public void reset() throws IOException {
		this.socket.setSoLinger(true, 0);
		this.socket.close();
	}

	public InetSocketAddress localAddress() {
		return (InetSocketAddress) this.socket.getLocalSocketAddress();
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
	}

}

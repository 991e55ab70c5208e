package io.tcpecho;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/**
 * A client of the service. Reads time out, so that no test waits for ever.
 */
final class TestClient implements AutoCloseable {

	private static final int READ_TIMEOUT = 20_000;

	private final Socket socket;

	TestClient(Socket socket) throws IOException {
		this.socket = socket;
		socket.setSoTimeout(READ_TIMEOUT);
		socket.setTcpNoDelay(true);
	}

	static TestClient connect(int port) throws IOException {
		return new TestClient(new Socket(InetAddress.getLoopbackAddress(), port));
	}

	TestClient write(byte[] bytes) throws IOException {
		this.socket.getOutputStream().write(bytes);
		return this;
	}

	TestClient write(String text) throws IOException {
		return write(text.getBytes(StandardCharsets.UTF_8));
	}

	void sendBufferSize(int bytes) throws IOException {
		this.socket.setSendBufferSize(bytes);
	}

	TestClient halfClose() throws IOException {
		this.socket.shutdownOutput();
		return this;
	}

	/** Reads to the end of the stream; a reset throws. */
	byte[] readAll() throws IOException {
		return this.socket.getInputStream().readAllBytes();
	}

	String readText() throws IOException {
		return new String(readAll(), StandardCharsets.UTF_8);
	}

	/** What a client does, not what a test waits for. */
	void pause() {
		LockSupport.parkNanos(5_000_000);
	}

	/** Closes with RST instead of FIN. */
	void reset() throws IOException {
		this.socket.setSoLinger(true, 0);
		this.socket.close();
	}

	InetSocketAddress localAddress() {
		return (InetSocketAddress) this.socket.getLocalSocketAddress();
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
	}

}

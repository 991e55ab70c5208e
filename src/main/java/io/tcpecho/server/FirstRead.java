package io.tcpecho.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;

import org.springframework.integration.ip.tcp.serializer.AbstractByteArraySerializer;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;

/**
 * The service's own codec, without framing: a message is what has come when its first
 * bytes are read, of {@code echo.max-message-size} bytes at most, and a reply its bytes
 * as they are. For framing set one of {@code TcpCodecs} on the connection factory in its
 * place. Thread-safe.
 * <p>
 * It is one of the library's byte array serializers so that the mapper goes on to take
 * replies that are strings.
 */
final class FirstRead extends AbstractByteArraySerializer {

	/** What a client that waits holds, however long a message may be. */
	private static final int ROOM = 256;

	FirstRead(int maxMessageSize) {
		setMaxMessageSize(maxMessageSize);
	}

	@Override
	public byte[] deserialize(InputStream input) throws IOException {
		byte[] first = new byte[Math.min(getMaxMessageSize(), ROOM)];
		int count = input.read(first);
		if (count < 0) {
			throw new SoftEndOfStreamException("The stream has ended");
		}
		if (count < ROOM) {
			return Arrays.copyOf(first, count);
		}
		// The rest of what has come, for which nobody has to wait.
		try {
			int rest = Math.min(input.available(), getMaxMessageSize() - count);
			byte[] message = Arrays.copyOf(first, count + rest);
			return Arrays.copyOf(message, count + Math.max(0, input.read(message, count, rest)));
		}
		catch (IOException ex) {
			// There is a message all the same.
			return first;
		}
	}

	@Override
	public void serialize(byte[] reply, OutputStream output) throws IOException {
		output.write(reply);
	}

}

package io.tcpecho.server;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

import io.tcpecho.testing.TestClient;

import static io.tcpecho.server.ProxyHeaders.concat;

/** How a PROXY header and a message come. */
enum ProxyPace {

	TOGETHER {
		@Override
		void send(TestClient client, byte[] header, byte[] message) throws IOException {
			client.write(concat(header, message));
		}
	},
	APART {
		@Override
		void send(TestClient client, byte[] header, byte[] message) throws IOException {
			client.write(header);
			pause();
			client.write(message);
		}
	},
	SPLIT_WITHIN {
		@Override
		void send(TestClient client, byte[] header, byte[] message) throws IOException {
			int half = header.length / 2;
			client.write(Arrays.copyOf(header, half));
			pause();
			client.write(concat(Arrays.copyOfRange(header, half, header.length), message));
		}
	},
	BYTE_BY_BYTE {
		@Override
		void send(TestClient client, byte[] header, byte[] message) throws IOException {
			for (byte each : header) {
				client.write(new byte[] { each });
			}
			client.write(message);
		}
	};

	abstract void send(TestClient client, byte[] header, byte[] message) throws IOException;

	/** What the client does, not what the test waits for. */
	private static void pause() {
		LockSupport.parkNanos(20_000_000L);
	}

}

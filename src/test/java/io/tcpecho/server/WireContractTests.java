package io.tcpecho.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;

import io.tcpecho.testing.TestClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Rules 1 to 4: what a client gets for what it sends.
 */
class WireContractTests {

	private static final int CLIENTS = 1_000;

	private static final int MESSAGE_SIZE = 100;

	private static TestService service;

	@BeforeAll
	static void start() {
		service = TestService.start("echo.read-timeout=2s", "echo.linger.timeout=10s", "echo.linger.max-bytes=64KB");
	}

	@AfterAll
	static void stop() {
		service.close();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 5, 99, 100 })
	void aMessageIsEchoedByteForByte(int size) throws IOException {
		byte[] message = randomBytes(size);
		try (TestClient client = service.connect()) {
			assertThat(client.write(message).readAll()).isEqualTo(message);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "127.0.0.1", "::1" })
	void bothAddressFamiliesAreServed(String address) throws IOException {
		try (TestClient client = new TestClient(new Socket(InetAddress.getByName(address), service.port()))) {
			assertThat(client.write("hello").readText()).isEqualTo("hello");
		}
	}

	@Test
	void endOfStreamBeforeAnyByteIsAnsweredWithEndOfStream() throws IOException {
		try (TestClient client = service.connect()) {
			assertThat(client.halfClose().readAll()).isEmpty();
		}
	}

	@Test
	void aSilentClientIsClosedAfterTheReadTimeout() throws IOException {
		long start = System.nanoTime();
		try (TestClient client = service.connect()) {
			assertThat(client.readAll()).isEmpty();
		}
		assertThat(System.nanoTime() - start).isGreaterThan(1_900_000_000L);
	}

	@ParameterizedTest
	@EnumSource
	void noClientLosesItsReply(Greed greed) throws Exception {
		byte[] message = randomBytes(20_000);
		List<Callable<byte[]>> clients = new ArrayList<>();
		Semaphore atOnce = new Semaphore(200);
		for (int i = 0; i < CLIENTS; i++) {
			int number = i;
			clients.add(() -> {
				atOnce.acquire();
				try (TestClient client = service.connect()) {
					return greed.exchange(client, message, number);
				}
				finally {
					atOnce.release();
				}
			});
		}
		try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
			for (Future<byte[]> reply : executor.invokeAll(clients)) {
				assertThat(reply.get()).hasSizeGreaterThanOrEqualTo(greed.leastReply)
					.hasSizeLessThanOrEqualTo(MESSAGE_SIZE)
					.isEqualTo(Arrays.copyOf(message, reply.get().length));
			}
		}
	}

	@Test
	void aClientThatNeverClosesIsLetGoAfterTheLingerTimeout() throws IOException {
		try (TestService other = TestService.start("echo.linger.timeout=2s"); TestClient client = other.connect()) {
			long start = System.nanoTime();
			assertThat(client.write("hello").readText()).isEqualTo("hello");
			await().until(() -> other.gauge("echo.connections.lingering") == 0);
			assertThat(System.nanoTime() - start).isBetween(1_500_000_000L, 8_000_000_000L);
		}
	}

	@Test
	void aClientThatNeverStopsSendingIsCutWhenItHasSentTooMuch() throws IOException {
		byte[] piece = new byte[4 * 1024];
		int most = 1024 * 1024;
		int sent = 0;
		try (TestService patient = TestService.start("echo.linger.timeout=1h"); TestClient client = patient.connect()) {
			// The kernels hold what is not discarded: some 64 KB there and 32 KB here.
			client.sendBufferSize(16 * 1024);
			try {
				while (sent < most) {
					client.write(piece);
					sent += piece.length;
				}
			}
			catch (IOException ex) {
				// It has been cut.
			}
			assertThat(sent).isBetween(64 * 1024, 256 * 1024);
			await().until(() -> patient.gauge("echo.connections.lingering") == 0);
			assertThat(patient.ended(Outcome.ECHOED)).isEqualTo(1);
		}
	}

	private static byte[] randomBytes(int size) {
		byte[] bytes = new byte[size];
		new Random(size).nextBytes(bytes);
		return bytes;
	}

	/** What clients do that send more than the one message, or close early. */
	enum Greed {

		ONE_BYTE_TOO_MANY(100) {
			@Override
			void send(TestClient client, byte[] bytes, int number) throws IOException {
				client.write(Arrays.copyOf(bytes, 101));
			}
		},
		THREE_HUNDRED_BYTES(100) {
			@Override
			void send(TestClient client, byte[] bytes, int number) throws IOException {
				client.write(Arrays.copyOf(bytes, 300));
			}
		},
		TWENTY_THOUSAND_BYTES(100) {
			@Override
			void send(TestClient client, byte[] bytes, int number) throws IOException {
				client.write(bytes);
			}
		},
		TWO_WRITES(50) {
			@Override
			void send(TestClient client, byte[] bytes, int number) throws IOException {
				client.write(Arrays.copyOf(bytes, 50));
				// What the client does, not what the test waits for: a gap of 0 to 300
				// ms.
				LockSupport.parkNanos((number % 7) * 50_000_000L);
				client.write(Arrays.copyOfRange(bytes, 50, 100));
			}
		},
		BYTE_BY_BYTE(1) {
			@Override
			void send(TestClient client, byte[] bytes, int number) throws IOException {
				for (int i = 0; i < 100; i++) {
					client.write(new byte[] { bytes[i] });
				}
			}
		},
		HALF_CLOSE_BEFORE_THE_REPLY(100) {
			@Override
			void send(TestClient client, byte[] bytes, int number) throws IOException {
				client.write(Arrays.copyOf(bytes, 100)).halfClose();
			}
		},
		HALF_CLOSE_AFTER_THE_REPLY(100) {
			@Override
			void send(TestClient client, byte[] bytes, int number) throws IOException {
				client.write(Arrays.copyOf(bytes, 100));
			}

			@Override
			byte[] exchange(TestClient client, byte[] bytes, int number) throws IOException {
				byte[] reply = super.exchange(client, bytes, number);
				client.halfClose();
				return reply;
			}
		};

		private final int leastReply;

		Greed(int leastReply) {
			this.leastReply = leastReply;
		}

		abstract void send(TestClient client, byte[] bytes, int number) throws IOException;

		byte[] exchange(TestClient client, byte[] bytes, int number) throws IOException {
			send(client, bytes, number);
			return client.readAll();
		}

	}

}

package io.tcpecho.server;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;

import io.tcpecho.testing.EchoProcess;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What only a process of its own can show: faults of the JVM, and an output that nobody
 * reads.
 */
class FatalIT {

	private static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

	@Test
	void outOfMemoryEndsTheProcessAtOnceAndSaysSo() throws Exception {
		int port = EchoProcess.closedPort();
		Process process = new ProcessBuilder(JAVA, "-XX:TieredStopAtLevel=1", "-cp",
				System.getProperty("java.class.path"), OutOfMemory.class.getName(), "echo.port=" + port)
			.redirectErrorStream(true)
			.start();
		try {
			awaitConnected(process, port).close();
			// The first may come before the handler is there.
			await().atMost(Duration.ofMinutes(1)).until(() -> !process.isAlive() || !isEchoed(port));
			assertThat(process.waitFor(Duration.ofSeconds(30))).isTrue();
			String output = process.inputReader().readAllAsString();
			assertThat(process.exitValue()).as(output).isEqualTo(3);
			assertThat(output).contains("the JVM cannot go on: java.lang.OutOfMemoryError: made to fail");
		}
		finally {
			process.destroyForcibly();
		}
	}

	@Tag("echo")
	@Test
	void anOutputThatNobodyReadsHoldsUpNeitherClientsNorTheEnd() throws Exception {
		int port = EchoProcess.closedPort();
		Process process = new ProcessBuilder(
				EchoProcess.command("--echo.port=" + port, "--logging.level.io.tcpecho=debug"))
			.redirectErrorStream(true)
			.start();
		try {
			awaitConnected(process, port).close();
			// More lines than the pipe, 64 KB (pipe(7)), and the log's queue, 1,024
			// lines,
			// hold together. If they held up the service, each exchange would last until
			// the watcher cuts its linger, a second.
			long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
			for (int i = 0; i < 2_000; i++) {
				assertThat(System.nanoTime()).as("held up").isLessThan(deadline);
				try (Socket client = EchoProcess.connect(port)) {
					assertThat(EchoProcess.exchange(client, "hello")).isEqualTo("hello");
				}
			}
			process.toHandle().destroy();
			assertThat(process.waitFor(Duration.ofSeconds(15))).isTrue();
			assertThat(process.exitValue()).isEqualTo(128 + 15);
		}
		finally {
			process.destroyForcibly();
		}
	}

	private static boolean isEchoed(int port) {
		try (Socket client = EchoProcess.connect(port)) {
			return EchoProcess.exchange(client, "hello").equals("hello");
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static Socket awaitConnected(Process process, int port) throws IOException {
		return await().atMost(Duration.ofMinutes(1)).until(() -> {
			assertThat(process.isAlive()).isTrue();
			try {
				return EchoProcess.connect(port);
			}
			catch (ConnectException ex) {
				return null;
			}
		}, (socket) -> socket != null);
	}

	/** The service with a handler that runs out of memory. */
	static final class OutOfMemory {

		public static void main(String[] args) {
			TestService service = TestService.start(args);
			HandlerTests.handle(service, (_) -> {
				throw new OutOfMemoryError("made to fail");
			});
		}

	}

}

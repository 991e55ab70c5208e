package io.tcpecho.server;

import java.net.Socket;
import java.time.Duration;
import java.util.List;

import io.tcpecho.testing.EchoProcess;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A process that is stopped for a while, as in a container that is paused or a machine
 * that is suspended.
 */
class PausedIT {

	private static final int CLIENTS = 100;

	@Tag("echo")
	@Test
	void whoHasSentInTimeIsServedAfterAPauseThatIsLongerThanTheReadTimeout() throws Exception {
		try (EchoProcess echo = EchoProcess.start("--echo.read-timeout=3s")) {
			assertThat(echo.echo("hello")).isEqualTo("hello");
			List<Socket> clients = echo.connect(echo.port(), CLIENTS);
			// Who comes after them is served after they have been accepted.
			assertThat(echo.echo("hello")).isEqualTo("hello");
			signal(echo, "-STOP");
			long stoppedAt = System.nanoTime();
			for (Socket client : clients) {
				EchoProcess.send(client, "hello");
			}
			await().until(() -> System.nanoTime() - stoppedAt > Duration.ofSeconds(4).toNanos());
			signal(echo, "-CONT");
			for (Socket client : clients) {
				assertThat(EchoProcess.receive(client)).isEqualTo("hello");
			}
			assertThat(echo.ended("timeout")).isZero();
		}
	}

	private static void signal(EchoProcess echo, String signal) throws Exception {
		assertThat(new ProcessBuilder("kill", signal, String.valueOf(echo.pid())).start().waitFor()).isZero();
	}

}

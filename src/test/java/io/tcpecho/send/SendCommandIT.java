package io.tcpecho.send;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Drives the packaged jar.
 */
@Timeout(60)
class SendCommandIT {

	@Test
	void standardOutputHasTheReplyOnlyAndTheExitCodeTheVerdict() throws Exception {
		byte[] message = { 0, -1, '\r', '\n', 'x' };
		try (Peer peer = new Peer(Peer::echo, Peer::reset)) {
			Process echoed = SendProcess.start("--port=" + peer.port());
			echoed.getOutputStream().write(message);
			echoed.getOutputStream().close();
			assertThat(echoed.getInputStream().readAllBytes()).isEqualTo(message);
			assertThat(echoed.waitFor()).isEqualTo(0);
			Process reset = SendProcess.start("--port=" + peer.port(), "hello");
			assertThat(reset.getInputStream().readAllBytes()).isEmpty();
			assertThat(reset.waitFor()).isEqualTo(7);
		}
	}

	@Test
	void withTheImagesJvmOptionsAWarningOfTheJvmIsNoPartOfTheReply() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Process process = SendProcess.start(List.of("@src/main/docker/jvm.options", "-XX:AOTCache=missing.aot"),
					"--port=" + peer.port(), "hello");
			assertThat(process.inputReader().readAllAsString()).isEqualTo("hello");
			assertThat(process.errorReader().lines()).anyMatch((line) -> line.contains("AOT cache"));
		}
	}

	@Test
	void startsNeitherSpringNorALoggingSystemNorJackson(@TempDir Path directory) throws Exception {
		Path log = directory.resolve("classes");
		try (Peer peer = new Peer(Peer::echo)) {
			Process process = SendProcess.start(List.of("-Xlog:class+load:file=" + log + "::filecount=0"),
					"--port=" + peer.port(), "--json", "hello");
			assertThat(process.waitFor()).isEqualTo(0);
		}
		List<String> loaded = Files.readAllLines(log);
		assertThat(loaded).anyMatch((line) -> line.contains(" io.tcpecho.send.SendCommand "));
		assertThat(loaded).noneMatch((line) -> line
			.matches(".* (org\\.springframework\\.(?!boot\\.loader\\.)|ch\\.qos\\.logback\\.|tools\\.jackson\\.|"
					+ "org\\.slf4j\\.|org\\.apache\\.commons\\.logging\\.).*"));
	}

	@Test
	@EnabledOnOs(value = OS.LINUX, disabledReason = "needs GNU env")
	void ctrlCPrintsTheSummary() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Process process = SendProcess.startInterruptible("--port=" + peer.port(), "--count=1000", "--interval=10ms",
					"hello");
			try (BufferedReader err = process.errorReader()) {
				assertThat(err.readLine()).contains("seq=1");
				SendProcess.signal(process, "INT");
				assertThat(err.lines())
					.anyMatch((line) -> line.matches("\\d+ sent, \\d+ echoed, 0 lost, min/avg/p99/max = .* ms"));
			}
			assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
			assertThat(process.exitValue()).isEqualTo(130);
		}
	}

	@Test
	@EnabledOnOs(value = OS.LINUX, disabledReason = "needs GNU env")
	void ctrlCPrintsTheSummaryOfAQuietOneToo() throws Exception {
		CountDownLatch echoed = new CountDownLatch(3);
		try (Peer peer = new Peer((client) -> {
			Peer.echo(client);
			echoed.countDown();
		})) {
			Process process = SendProcess.startInterruptible("--port=" + peer.port(), "--quiet", "--count=1000",
					"--interval=10ms", "hello");
			assertThat(echoed.await(30, TimeUnit.SECONDS)).isTrue();
			SendProcess.signal(process, "INT");
			assertThat(process.errorReader().readAllAsString())
				.matches("\\d+ sent, \\d+ echoed, 0 lost, min/avg/p99/max = .* ms\\R(unfinished: .*\\R)?");
			assertThat(process.waitFor()).isEqualTo(130);
		}
	}

	@Test
	@EnabledOnOs(value = OS.LINUX, disabledReason = "needs the script of util-linux")
	void aDrillShowsItsProgressOnATerminal() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			String command = String.join(" ",
					SendProcess.command(List.of(), "--port=" + peer.port(), "--duration=2500ms", "hello"));
			Process process = new ProcessBuilder("script", "--quiet", "--return", "--command", command, "/dev/null")
				.redirectInput(new File("/dev/null"))
				.start();
			assertThat(process.inputReader().readAllAsString())
				.containsPattern("\r\033\\[K\\d+/s, 0 lost, \\d+\\.\\d s without an echo\r\033\\[K")
				.containsPattern("\r\033\\[K\\d+ sent, ");
			assertThat(process.waitFor()).isEqualTo(0);
		}
	}

	@Test
	void triesTheAddressesOfANameInOrderAndShowsTheOneUsed(@TempDir Path directory) throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Process process = SendProcess.start(twoAddressesOfEchoTest(directory), "--host=echo.test",
					"--port=" + peer.port(), "hello");
			assertThat(process.errorReader().readAllAsString())
				.startsWith("echoed: echo.test (127.0.0.1:%d) returned".formatted(peer.port()));
			assertThat(process.waitFor()).isEqualTo(0);
		}
	}

	@Test
	void namesAllAddressesThatFailed(@TempDir Path directory) throws Exception {
		try (Socket closed = new Socket()) {
			closed.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
			Process process = SendProcess.start(twoAddressesOfEchoTest(directory), "--host=echo.test",
					"--port=" + closed.getLocalPort(), "hello");
			assertThat(process.errorReader().readAllAsString()).startsWith("refused: ")
				.contains("echo.test (127.0.0.1:%d)".formatted(closed.getLocalPort()),
						"echo.test (127.0.0.2:%d)".formatted(closed.getLocalPort()));
			assertThat(process.waitFor()).isEqualTo(4);
		}
	}

	@Test
	void anUnknownHostIsUnreachable(@TempDir Path directory) throws Exception {
		Process process = SendProcess.start(twoAddressesOfEchoTest(directory), "--host=ecko.test", "hello");
		assertThat(process.errorReader().readAllAsString()).startsWith("unresolved: no address is known for ecko.test");
		assertThat(process.waitFor()).isEqualTo(6);
	}

	/** Peers listen on the second. */
	private static List<String> twoAddressesOfEchoTest(Path directory) throws IOException {
		Path hosts = Files.writeString(directory.resolve("hosts"), """
				127.0.0.2 echo.test
				127.0.0.1 echo.test
				""");
		return List.of("-Djdk.net.hosts.file=" + hosts);
	}

	@Test
	void knowsItsVersion() throws Exception {
		Process process = SendProcess.start("--version");
		assertThat(process.inputReader().readAllAsString().strip().replace(' ', '-') + ".jar")
			.isEqualTo(SendProcess.JAR.getFileName().toString());
		assertThat(process.waitFor()).isEqualTo(0);
	}

}

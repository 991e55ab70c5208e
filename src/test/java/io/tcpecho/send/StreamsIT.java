package io.tcpecho.send;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Arguments and streams as a shell, cron or a pipe may give them.
 */
@Timeout(60)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "needs a shell")
class StreamsIT {

	/** The bytes of these are not those of the locale that the tests run in. */
	private static final String GREETING = "\"$(printf 'gr\\303\\274\\303\\237')\"";

	/**
	 * A command line, in which $tcp_echo is the launcher, and $send the jar's command.
	 */
	private static Process shell(String line) throws IOException {
		ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", line);
		builder.environment().put("tcp_echo", SendProcess.JAR.resolveSibling("tcp-echo").toString());
		builder.environment().put("send", String.join(" ", SendProcess.command(List.of())));
		return builder.start();
	}

	@Test
	void aClosedStandardInputIsNoMessage() throws Exception {
		AtomicInteger connections = new AtomicInteger();
		try (Peer peer = new Peer((_) -> connections.incrementAndGet())) {
			Process process = shell("exec $tcp_echo send -p " + peer.port() + " <&-");
			assertThat(process.errorReader().readAllAsString()).startsWith("Standard input cannot be read (");
			assertThat(process.waitFor()).isEqualTo(2);
			assertThat(connections).hasValue(0);
		}
	}

	@ParameterizedTest
	@CsvSource({ "<&-, 0, hello", "2>&-, 0, hello", ">&-, 1, ''", "<&- 2>&-, 0, hello", "<&- >&- 2>&-, 1, ''" })
	void whatIsClosedIsNotTakenForAnotherFile(String closed, int exitCode, String reply) throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Process process = shell("exec $tcp_echo send -p " + peer.port() + " --count=1 hello " + closed);
			assertThat(process.inputReader().readAllAsString()).isEqualTo(reply);
			String err = process.errorReader().readAllAsString();
			assertThat(process.waitFor()).as(err).isEqualTo(exitCode);
			assertThat(err.contains("Standard output cannot be written.")).isEqualTo(closed.equals(">&-"));
		}
	}

	@ParameterizedTest
	@CsvSource({ "'', out", "--json, out", "'', err" })
	void aPipeThatIsClosedEndsIt(String option, String stream) throws Exception {
		AtomicInteger connections = new AtomicInteger();
		try (Peer peer = new Peer((client) -> {
			connections.incrementAndGet();
			Peer.echo(client);
		})) {
			Process process = shell("exec $tcp_echo send -p " + peer.port() + " --count=1000000 --interval=1ms "
					+ option + " hello " + (stream.equals("err") ? ">/dev/null" : "2>/dev/null"));
			var read = stream.equals("err") ? process.errorReader() : process.inputReader();
			assertThat(read.readLine()).isNotEmpty();
			read.close();
			assertThat(process.waitFor()).isEqualTo(1);
			assertThat(connections.get()).isLessThan(1_000_000);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "LC_ALL=C", "LC_ALL=POSIX", "LC_ALL=xx_XX.UTF-8", "-i" })
	void theLauncherSeesToTheBytesOfAMessage(String locale) throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Process process = shell("exec env " + locale + " \"$tcp_echo\" send -p " + peer.port() + " " + GREETING);
			assertThat(process.getInputStream().readAllBytes()).isEqualTo("grüß".getBytes(StandardCharsets.UTF_8));
			assertThat(process.waitFor()).isEqualTo(0);
		}
	}

	@Test
	void theLauncherSeesToTheNameOfAFile(@TempDir Path directory) throws Exception {
		Path file = Files.writeString(directory.resolve("empty.pem"), "");
		Process process = shell("cd " + directory + " && ln " + file + " " + GREETING
				+ " && LC_ALL=C exec $tcp_echo send --tls --cacert=" + GREETING + " hello");
		assertThat(process.errorReader().readAllAsString()).contains("'--cacert': the file has no certificate");
		assertThat(process.waitFor()).isEqualTo(2);
	}

	@ParameterizedTest
	@CsvSource({ "C, ''", "C, --cacert=", "C.UTF-8, \\377" })
	void anArgumentThatCannotBeReadIsRefused(String locale, String option) throws Exception {
		List<String> line = new ArrayList<>(List.of("LC_ALL=" + locale, "exec $send -p 1"));
		line.add(option.startsWith("\\") ? "\"$(printf '%s')\"".formatted(option) : option + GREETING);
		Process process = shell(String.join(" ", line));
		assertThat(process.errorReader().readAllAsString()).startsWith("An argument has bytes that are not ")
			.contains("set LC_ALL=C.UTF-8, or send the message by standard input");
		assertThat(process.waitFor()).isEqualTo(2);
	}

}

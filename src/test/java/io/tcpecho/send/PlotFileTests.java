package io.tcpecho.send;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static io.tcpecho.send.Result.sendTo;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Where {@code --plot} writes, and where it cannot.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@EnabledOnOs(value = OS.LINUX, disabledReason = "needs links and devices")
class PlotFileTests {

	@TempDir
	private Path directory;

	private Peer peer;

	@BeforeEach
	void listen() throws IOException {
		this.peer = new Peer(Peer::echo);
	}

	@AfterEach
	void close() throws IOException {
		this.peer.close();
	}

	private Result drill(Object file, String... options) {
		return sendTo(this.peer.port(), "hello",
				Stream.concat(Stream.of("--parallel=2", "--count=20", "--plot=" + file), Stream.of(options))
					.toArray(String[]::new));
	}

	private List<Path> files() throws IOException {
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.map(Path::getFileName).toList();
		}
	}

	@Test
	void aFileIsReplacedByOneWithThePermissionsOfANewOne() throws Exception {
		Path file = Files.writeString(this.directory.resolve("drill.html"), "before");
		Path other = Files.createFile(this.directory.resolve("other"));
		assertThat(drill(file).exitCode()).isEqualTo(0);
		assertThat(file).content().startsWith("<!DOCTYPE html>").endsWith("</html>\n");
		assertThat(Files.getPosixFilePermissions(file)).isEqualTo(Files.getPosixFilePermissions(other));
		assertThat(files()).containsExactlyInAnyOrder(Path.of("drill.html"), Path.of("other"));
	}

	@Test
	void whatALinkLeadsToIsReplacedAndNotTheLink() throws Exception {
		Path file = Files.createFile(Files.createDirectory(this.directory.resolve("elsewhere")).resolve("drill.html"));
		Path link = Files.createSymbolicLink(this.directory.resolve("link"), Path.of("elsewhere/drill.html"));
		Path second = Files.createSymbolicLink(this.directory.resolve("second"), Path.of("link"));
		assertThat(drill(second).exitCode()).isEqualTo(0);
		assertThat(link).isSymbolicLink();
		assertThat(second).isSymbolicLink();
		assertThat(file).content().startsWith("<!DOCTYPE html>");
	}

	@ParameterizedTest
	@ValueSource(strings = { "-", "/dev/stdout" })
	void standardOutputHasThePageAlone(String name) {
		Result result = drill(name);
		assertThat(result.exitCode()).isEqualTo(0);
		assertThat(result.text()).startsWith("<!DOCTYPE html>").endsWith("</html>\n");
		assertThat(result.err()).startsWith("20 sent, 20 echoed");
	}

	/** Of which nothing is sent before. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			.               | it is no file
			no/drill.html   | there is no such directory
			loop            | it is a link that leads nowhere
			/dev/null       | it is no file
			/proc/x.html    |
			''              | it is no file
			""")
	void whatCannotBeWrittenIsRefusedBefore(String name, String reason) throws Exception {
		Files.createSymbolicLink(this.directory.resolve("loop"), Path.of("loop"));
		Result result = drill(name.startsWith("/") || name.isEmpty() ? name : this.directory.resolve(name));
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err().lines()).singleElement()
			.asString()
			.startsWith("Invalid value for option '--plot': '")
			.contains(" cannot be written (" + ((reason != null) ? reason : ""), "'-' is standard output");
		assertThat(files()).containsExactly(Path.of("loop"));
	}

	@Test
	void aDirectoryThatIsGoneAtTheEndCostsThePageAlone() throws Exception {
		Path gone = Files.createDirectory(this.directory.resolve("gone"));
		try (Peer deleting = new Peer((client) -> {
			Files.deleteIfExists(gone);
			Peer.echo(client);
		})) {
			Result result = sendTo(deleting.port(), "hello", "--parallel=2", "--count=20", "--json",
					"--plot=" + gone.resolve("drill.html"));
			assertThat(result.exitCode()).isEqualTo(1);
			assertThat(result.summary().get("exitCode").asInt()).isEqualTo(0);
			assertThat(result.summary().get("echoed").asInt()).isEqualTo(20);
			assertThat(result.err()).contains("The plot cannot be written (there is no such directory).");
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			--plot=-                                            | --plot is for a drill
			--plot=x.html --count=20                            | --plot is for a drill
			--plot=x.html --duration=1s --expect=refused        | --plot is for --expect echo only
			--plot=x.html --duration=1s --expect=unreachable    | --plot is for --expect echo only
			--plot=- --duration=1s --json                       | Standard output takes --json or --plot, not both
			--plot=/dev/stdout --duration=1s --json             | Standard output takes --json or --plot, not both
			""")
	void whatMakesNoSenseIsBadUsage(String options, String sentence) {
		Result result = sendTo(this.peer.port(), "hello", options.split(" +"));
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err()).startsWith(sentence);
		assertThat(Path.of("x.html")).doesNotExist();
	}

	@Test
	void thePageSaysWhatWasRunAndHowItWent() throws Exception {
		Path file = this.directory.resolve("drill.html");
		drill(file, "--fail-under=100%");
		String host = "127.0.0.1";
		assertThat(Files.readString(file, StandardCharsets.UTF_8))
			.contains("<code>send --host " + host + " --port " + this.peer.port()
					+ " --parallel 2 --count 20 --fail-under 100%</code>")
			.contains("<bdi>0, as expected</bdi>")
			.doesNotContain("hello");
	}

}

package io.tcpecho.send;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@code --plot} of the packaged jar.
 */
@Timeout(60)
class PlotIT {

	@ParameterizedTest
	@EnabledOnOs(value = OS.LINUX, disabledReason = "needs GNU env")
	@CsvSource({ "INT, 130, -", "TERM, 143, drill.html" })
	void anInterruptedDrillHasItsPage(String signal, int exitCode, String name, @TempDir Path directory)
			throws Exception {
		CountDownLatch echoed = new CountDownLatch(20);
		String file = name.equals("-") ? name : directory.resolve(name).toString();
		try (Peer peer = Peer.sideBySide((client) -> {
			Peer.echo(client);
			echoed.countDown();
		})) {
			Process process = SendProcess.startInterruptible("--port=" + peer.port(), "--parallel=2", "--duration=1h",
					"--plot=" + file, "hello");
			assertThat(echoed.await(30, TimeUnit.SECONDS)).isTrue();
			SendProcess.signal(process, signal);
			String out = process.inputReader().readAllAsString();
			assertThat(process.waitFor()).isEqualTo(exitCode);
			String page = name.equals("-") ? out : Files.readString(Path.of(file));
			assertThat(page).startsWith("<!DOCTYPE html>")
				.contains("<bdi>interrupted; 0, as expected</bdi>", "uPlot")
				.endsWith("</html>\n");
			assertThat(PlotDrill.data(page).get("expected").size()).isEqualTo(1);
		}
	}

	@Test
	void withoutItNothingOfItIsLoaded(@TempDir Path directory) throws Exception {
		Path log = directory.resolve("classes");
		try (Peer peer = new Peer(Peer::echo)) {
			assertThat(SendProcess
				.start(List.of("-Xlog:class+load:file=" + log + "::filecount=0"), "--port=" + peer.port(),
						"--parallel=2", "--count=40", "hello")
				.waitFor()).isEqualTo(0);
		}
		assertThat(Files.readAllLines(log)).anyMatch((line) -> line.contains(" io.tcpecho.send.Series "))
			.noneMatch((line) -> line
				.matches(".* (io\\.tcpecho\\.send\\.(Plot|Timeline)|org\\.springframework\\.web\\.).*"));
	}

}

package io.tcpecho.send;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.tcpecho.send.Result.send;
import static io.tcpecho.send.Result.sendTo;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Where numbers have other digits, and other signs between them, what a machine reads has
 * not.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Isolated("It sets the JVM's locale")
class LocaleTests {

	private final Locale before = Locale.getDefault();

	@BeforeEach
	void arabic() {
		Locale.setDefault(Locale.of("ar", "EG"));
		assertThat(String.format(Locale.getDefault(), "%d %.1f", 1, 0.5)).isNotEqualTo("1 0.5");
	}

	@AfterEach
	void asBefore() {
		Locale.setDefault(this.before);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "--json", "--count=2 --interval=0s", "--parallel=2 --count=20",
			"--parallel=2 --count=20 --json", "--parallel=2 --count=20 --fail-under=99.9% --max-gap=1ms" })
	void allThatIsPrintedIsAscii(String options) throws Exception {
		try (Peer peer = new Peer(Peer::echoWithTheThirdByteChanged, Peer::echoAllButOneByte, Peer::echo)) {
			Result result = sendTo(peer.port(), "hello", options.isEmpty() ? new String[0] : options.split(" "));
			assertThat(result.text() + result.err()).isASCII();
		}
	}

	@Test
	void aVersion1HeaderIsAscii() throws Exception {
		BlockingQueue<String> read = new LinkedBlockingQueue<>();
		try (Peer peer = new Peer((client) -> {
			byte[] buffer = new byte[1000];
			int count = client.getInputStream().read(buffer);
			read.add(new String(Arrays.copyOf(buffer, count), StandardCharsets.UTF_8));
		})) {
			sendTo(peer.port(), "hello", "--proxy-protocol=v1", "--proxy-source=192.0.2.1:1234");
			assertThat(read.take()).isEqualTo("PROXY TCP4 192.0.2.1 127.0.0.1 1234 " + peer.port() + "\r\nhello");
		}
	}

	@Test
	void theProgressIsAscii() {
		Series series = SeriesTests.series(new ByteArrayOutputStream(), "--count=2");
		series.add(SeriesTests.ECHOED, false);
		assertThat(series.progress()).isASCII().startsWith("1/s, 0 lost, ");
	}

	@ParameterizedTest
	@ValueSource(strings = { "--port=0", "--timeout=0ms", "--fail-under=101%", "--host=localhost:0", "--help" })
	void whatIsRefusedOrExplainedIsAscii(String option) {
		Result result = send(option, "hello");
		assertThat(result.text() + result.err()).isASCII();
	}

}

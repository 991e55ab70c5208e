package io.tcpecho.send;

import java.io.FileInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static io.tcpecho.send.Result.send;
import static io.tcpecho.send.Result.sendTo;
import static org.assertj.core.api.Assertions.assertThat;

class UsageTests {

	private static final int LARGEST_MESSAGE = 16 * 1024 * 1024;

	@ParameterizedTest
	@CsvSource(textBlock = """
			--host=,                  '--host': must not be empty
			--port=0,                 '--port': must be 1 to 65535
			--port=65536,             '--port': must be 1 to 65535
			--port=echo,              '--port'
			--connect-timeout=0s,     '--connect-timeout': must be 1ms to 60s
			--connect-timeout=61s,    '--connect-timeout': must be 1ms to 60s
			--timeout=0ms,            '--timeout': must be 1ms to 86400s
			--timeout=5,              '5' is not a duration
			--timeout=fastms,         'fastms' is not a duration
			--count=0,                '--count': must be 1 to 1000000
			--interval=-1s,           '--interval': must be 0ms to 86400s
			--max-message-size=0,     '--max-message-size': must be 1 to 16384
			--max-message-size=16385, '--max-message-size': must be 1 to 16384
			--expect=nothing,         '--expect'
			--reply=nothing,          '--reply'
			--host=:1,                '--host': must not be empty
			--host=localhost:,        '--host': after the colon there must be a port
			--host=localhost:http,    '--host': after the colon there must be a port
			--host=localhost:65536,   '--host': after the colon there must be a port
			--host=[::1]:0,           '--host': after the colon there must be a port
			--parallel=0,             '--parallel': must be 1 to 1000
			--parallel=2,             --parallel needs --duration or --count
			--duration=0s,            '--duration': must be 1ms to 86400s
			--fail-under=101%,        '--fail-under': must be 0% to 100%
			--fail-under=most,        'most' is not a percentage
			--max-gap=0s,             '--max-gap': must be 1ms to 86400s
			--proxy-protocol=v3,      '--proxy-protocol'
			--proxy-source=192.0.2.1:1, --proxy-source needs --proxy-protocol
			--nonsense,               '--nonsense'
			""", quoteCharacter = '`')
	void badUsageIsNamedInOneLine(String option, String named) {
		Result result = send(InputStream.nullInputStream(), List.of(option, "hello"));
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.out()).isEmpty();
		assertThat(result.err().lines()).singleElement()
			.asString()
			.contains(named)
			.endsWith("'send --help' lists the options.");
	}

	@Test
	void moreStandardInputThanFitsIsBadUsage() {
		Result result = sendTo(1, new byte[LARGEST_MESSAGE + 1]);
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err()).startsWith("Standard input has more than 16 MiB.");
	}

	@Test
	void standardInputThatCannotBeReadIsBadUsage() throws Exception {
		InputStream closed = new FileInputStream("/dev/null");
		closed.close();
		Result result = send(closed, List.of());
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err()).startsWith("Standard input cannot be read");
	}

	/** What it is refused for comes after them. */
	@ParameterizedTest
	@ValueSource(strings = { "--port=1", "--port=65535", "--connect-timeout=1ms", "--connect-timeout=60s",
			"--timeout=1ms", "--timeout=24h", "--count=1", "--count=1000000", "--parallel=1000 --count=1",
			"--duration=1ms", "--duration=24h", "--interval=0s", "--interval=24h", "--fail-under=0",
			"--fail-under=100%", "--max-gap=1ms", "--max-gap=24h", "--max-message-size=1", "--max-message-size=16384" })
	void aBoundMayBeAskedFor(String options) {
		Result result = send((options + " --proxy-source=192.0.2.1:1 hello").split(" "));
		assertThat(result.err()).startsWith("--proxy-source needs --proxy-protocol.");
	}

	@ParameterizedTest
	@EnumSource(ExitCode.class)
	void helpListsEachExitCode(ExitCode exitCode) {
		Result result = send(InputStream.nullInputStream(), List.of("--help"));
		assertThat(result.exitCode()).isEqualTo(0);
		assertThat(result.text().lines().map(String::strip))
			.anyMatch((line) -> line.matches(exitCode.code() + " +" + Pattern.quote(exitCode.meaning())));
	}

}

package io.tcpecho.send;

import java.io.InputStream;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class CommandsTests {

	private static Result run(String... command) {
		return Result.run(InputStream.nullInputStream(), List.of(command));
	}

	@ParameterizedTest
	@ValueSource(strings = { "--help", "-h", "help" })
	void helpListsTheCommands(String help) {
		Result result = run(help);
		assertThat(result.exitCode()).isEqualTo(0);
		assertThat(result.text()).contains("Without a command it serves", "  send ", "  completion ", "  help ");
	}

	@Test
	void helpOfACommandIsItsOwn() {
		assertThat(run("help", "send").text()).isEqualTo(run("send", "--help").text());
	}

	@ParameterizedTest
	@ValueSource(strings = { "--version", "-V" })
	void knowsItsVersion(String option) {
		assertThat(run(option).text()).startsWith("tcp-echo ").isEqualTo(run("send", option).text());
	}

	@ParameterizedTest
	@ValueSource(strings = { "sned", "--echo.port=7 sned", "sned --echo.port=7", "sned hello" })
	void anUnknownCommandIsRefusedWithASuggestion(String command) {
		Result result = run(command.split(" "));
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.out()).isEmpty();
		assertThat(result.err()).isEqualToIgnoringNewLines("There is no command 'sned'. Did you mean send, or no "
				+ "command at all, to serve? 'tcp-echo --help' lists the commands.");
	}

	@Test
	void aCommandHasNoSettings() {
		Result result = run("--echo.port=7", "send", "hello");
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err()).startsWith("Unknown option: '--echo.port=7'");
	}

	@Test
	void anUnknownOptionIsRefusedWithASuggestion() {
		Result result = run("send", "--intervall=1s", "hello");
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err()).contains("'--intervall=1s'. Did you mean ", "--interval");
	}

	@Test
	void completionIsAScriptForTheLauncher() {
		Result result = run("completion");
		assertThat(result.exitCode()).isEqualTo(0);
		assertThat(result.text()).contains("--max-gap").containsPattern("complete .* tcp-echo");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			hello world               | send 'hello world'
			it's time                 | send 'it'\\''s time'
			localhost:26000 hello     | send --host localhost:26000 hello
			localhost:26000 hello you | send --host localhost:26000 'hello you'
			[::1]:26000 hello         | send --host [::1]:26000 hello
			localhost 26000 hello     | send --host localhost:26000 hello
			localhost 26000           | send 'localhost 26000', or send --host localhost:26000
			""")
	void aWordTooManyIsAnsweredWithTheRightLine(String words, String line) {
		Result result = run(("send " + words).split(" "));
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err()).isEqualToIgnoringNewLines(
				"A message is one argument. Did you mean " + line + "? 'send --help' lists the options.");
	}

}

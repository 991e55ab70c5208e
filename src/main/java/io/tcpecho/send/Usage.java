package io.tcpecho.send;

import java.time.Duration;
import java.util.List;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * Refuses what makes no sense, in words that say what does.
 *
 * @param command whose options they are
 */
record Usage(CommandSpec command) {

	void range(String option, @Nullable Integer value, int least, int most) {
		require(value == null || (value >= least && value <= most), option, least + " to " + most);
	}

	void range(String option, @Nullable Duration value, Duration least, Duration most) {
		require(value == null || (value.compareTo(least) >= 0 && value.compareTo(most) <= 0), option,
				least.toMillis() + "ms to " + most.toSeconds() + "s");
	}

	void require(boolean valid, String option, String bounds) {
		refuseIf(!valid, "Invalid value for option '" + option + "': must be " + bounds);
	}

	void refuseIf(boolean refused, String problem) {
		if (refused) {
			throw refusal(problem);
		}
	}

	ParameterException refusal(String problem) {
		return new ParameterException(this.command.commandLine(), problem);
	}

	/** What was meant by more than one word. */
	static String meant(List<String> words) {
		String message = "send " + quote(String.join(" ", words));
		String host = words.getFirst();
		if (host.matches("(\\[[\\p{XDigit}:.]+]|[\\w.-]+):\\d{1,5}")) {
			return hostFirst(host, words.subList(1, words.size()));
		}
		if (host.matches("[\\w.-]+") && words.get(1).matches("\\d{1,5}")) {
			String line = hostFirst(host + ":" + words.get(1), words.subList(2, words.size()));
			return (words.size() > 2) ? line : message + ", or " + line;
		}
		return message;
	}

	private static String hostFirst(String host, List<String> words) {
		return words.isEmpty() ? "send --host " + host : "send --host " + host + " " + quote(String.join(" ", words));
	}

	/** As a shell takes it. */
	private static String quote(String text) {
		return text.matches("[\\w.:/@%+,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
	}

}

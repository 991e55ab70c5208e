package io.tcpecho.send;

import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * Refuses what makes no sense, in words that say what does.
 */
record Usage(CommandSpec command) {

	/** A host, a port after a colon or as a word of its own, and perhaps a message. */
	private static final Pattern HOST_FIRST = Pattern.compile("(\\[[\\p{XDigit}:.]+]|[\\w.-]+)[: ](\\d{1,5})(?: (.*))?",
			Pattern.DOTALL);

	void range(String option, @Nullable Integer value, int least, int most) {
		range(option, value, least, most, least + " to " + most);
	}

	void range(String option, @Nullable Duration value, Duration least, Duration most) {
		range(option, value, least, most, least.toMillis() + "ms to " + most.toSeconds() + "s");
	}

	<T extends Comparable<T>> void range(String option, @Nullable T value, T least, T most, String bounds) {
		refuseIf(value != null && (value.compareTo(least) < 0 || value.compareTo(most) > 0),
				"Invalid value for option '" + option + "': must be " + bounds);
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
		String line = String.join(" ", words);
		String asMessage = "send " + quote(line);
		Matcher hostFirst = HOST_FIRST.matcher(line);
		if (!hostFirst.matches()) {
			return asMessage;
		}
		String toHost = "send --host " + hostFirst.group(1) + ":" + hostFirst.group(2);
		String message = hostFirst.group(3);
		return (message != null) ? toHost + " " + quote(message) : asMessage + ", or " + toHost;
	}

	/** As a shell takes it. */
	static String quote(String text) {
		return text.matches("[\\w.:/@%+,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
	}

}

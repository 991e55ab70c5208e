package io.tcpecho.send;

import java.util.List;
import java.util.StringJoiner;

import org.jspecify.annotations.Nullable;

/**
 * One JSON object on one line, in ASCII, so that no locale can spoil it.
 */
final class JsonLine {

	private final StringJoiner members = new StringJoiner(",", "{", "}");

	/**
	 * Adds a member.
	 * @param name ASCII letters
	 * @param value a number, a boolean, an object, a list of objects or null as they are;
	 * of anything else its string
	 */
	JsonLine put(String name, @Nullable Object value) {
		boolean literal = value == null || value instanceof Number || value instanceof Boolean
				|| value instanceof JsonLine || value instanceof List<?>;
		this.members.add("\"" + name + "\":" + (literal ? value : quote(String.valueOf(value))));
		return this;
	}

	private static String quote(String value) {
		StringBuilder quoted = new StringBuilder("\"");
		value.chars().forEach((character) -> {
			if (character < ' ' || character > '~' || character == '"' || character == '\\') {
				quoted.append("\\u%04x".formatted(character));
			}
			else {
				quoted.append((char) character);
			}
		});
		return quoted.append('"').toString();
	}

	@Override
	public String toString() {
		return this.members.toString();
	}

}

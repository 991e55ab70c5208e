package io.tcpecho.send;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Which instance of the service answered, as an identity tells: src/docs/identity.md.
 *
 * @param namespace null where it is unknown, as the rest
 */
record Instance(String name, @Nullable String namespace, @Nullable String node, @Nullable String version) {

	/** A tally is made for people, and an identity is told by whoever answers. */
	private static final int LONGEST = 253;

	private static final Pattern VALUE = Pattern.compile("\\P{Cntrl}{1," + LONGEST + "}",
			Pattern.UNICODE_CHARACTER_CLASS);

	/**
	 * Reads one line of JSON that ends with a newline.
	 * @param received how many bytes of the message it must tell of
	 * @throws IllegalArgumentException which says what is wrong
	 */
	static Instance parse(byte[] reply, int received) {
		JsonNode json = read(reply);
		JsonNode count = json.path("received");
		String instance = text(json, "instance");
		if (instance == null || !count.isInt()) {
			throw new IllegalArgumentException("it has no instance, or no number as received");
		}
		if (count.intValue() != received) {
			throw new IllegalArgumentException("it tells of " + count.intValue() + " bytes received, not " + received);
		}
		return new Instance(instance, text(json, "namespace"), text(json, "node"), text(json, "version"));
	}

	private static JsonNode read(byte[] reply) {
		try {
			String line = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(reply)).toString();
			if (line.indexOf('\n') != line.length() - 1) {
				throw new IllegalArgumentException("it is not one line that ends with a newline");
			}
			return JsonMapper.shared().readTree(line);
		}
		catch (CharacterCodingException ex) {
			throw new IllegalArgumentException("it is not UTF-8", ex);
		}
		catch (JacksonException ex) {
			throw new IllegalArgumentException("it is not JSON: " + ex.getOriginalMessage(), ex);
		}
	}

	private static @Nullable String text(JsonNode json, String name) {
		JsonNode value = json.path(name);
		if (value.isMissingNode() || value.isNull()) {
			return null;
		}
		String text = value.isString() ? value.stringValue() : "";
		if (!VALUE.matcher(text).matches()) {
			throw new IllegalArgumentException(name + " is not a string of 1 to " + LONGEST + " printable characters");
		}
		return text;
	}

	@Override
	public String toString() {
		String more = Stream.of(this.namespace, this.node, this.version)
			.filter(Objects::nonNull)
			.collect(Collectors.joining(", "));
		return more.isEmpty() ? this.name : this.name + " (" + more + ")";
	}

}

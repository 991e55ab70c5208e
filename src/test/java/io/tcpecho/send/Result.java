package io.tcpecho.send;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What {@code send} printed, and how it ended.
 */
@SuppressWarnings("ArrayRecordComponent") // results are never compared
record Result(int exitCode, byte[] out, String err) {

	static Result send(InputStream in, List<String> args) {
		List<String> command = new ArrayList<>(List.of("send"));
		command.addAll(args);
		return run(in, command);
	}

	static Result send(String... args) {
		return send(InputStream.nullInputStream(), List.of(args));
	}

	static Result run(InputStream in, List<String> command) {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		ByteArrayOutputStream err = new ByteArrayOutputStream();
		int exitCode = Commands.run(command, in, new PrintStream(out, false), new PrintStream(err, true));
		return new Result(exitCode, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
	}

	static Result sendTo(int port, byte[] message, String... options) {
		List<String> args = new ArrayList<>(List.of("--host=127.0.0.1", "--port=" + port));
		args.addAll(List.of(options));
		return send(new ByteArrayInputStream(message), args);
	}

	static Result sendTo(int port, String message, String... options) {
		return sendTo(port, message.getBytes(StandardCharsets.UTF_8), options);
	}

	String text() {
		return new String(this.out, StandardCharsets.UTF_8);
	}

	List<JsonNode> json() {
		return text().lines().map((line) -> JsonMapper.shared().readTree(line)).toList();
	}

	/** The last line of JSON. */
	JsonNode summary() {
		return json().getLast();
	}

}

package io.tcpecho.testing;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Debian's Chromium without a window, driven by its DevTools protocol. It asks nobody for
 * anything by itself. Not thread-safe.
 */
public final class Browser implements AutoCloseable, WebSocket.Listener {

	private static final long TIMEOUT_SECONDS = 30;

	private final Tool.Server chromium;

	private final WebSocket socket;

	private final StringBuilder part = new StringBuilder();

	private final BlockingQueue<JsonNode> results = new LinkedBlockingQueue<>();

	/** What it has reported by itself. */
	private final List<JsonNode> events = new CopyOnWriteArrayList<>();

	private int commands;

	/** Starts it with a page of its own, on a port that is free. */
	public Browser(Path profile, int port) throws Exception {
		this.chromium = Tool.serve(port, List.of("chromium"), "--headless", "--no-sandbox", "--disable-gpu",
				"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
				"--user-data-dir=" + profile, "--remote-debugging-port=" + port, "--window-size=1280,900",
				"about:blank");
		try {
			HttpClient http = HttpClient.newHttpClient();
			String pages = http
				.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list")).build(),
						HttpResponse.BodyHandlers.ofString())
				.body();
			JsonNode page = JsonMapper.shared()
				.readTree(pages)
				.valueStream()
				.filter((target) -> target.get("type").asString().equals("page"))
				.findFirst()
				.orElseThrow();
			this.socket = http.newWebSocketBuilder()
				.buildAsync(URI.create(page.get("webSocketDebuggerUrl").asString()), this)
				.join();
			for (String domain : List.of("Page", "Log", "Runtime", "Network")) {
				command(domain + ".enable", Map.of());
			}
		}
		catch (Throwable ex) {
			this.chromium.close();
			throw ex;
		}
	}

	@Override
	public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
		this.part.append(data);
		if (last) {
			JsonNode message = JsonMapper.shared().readTree(this.part.toString());
			this.part.setLength(0);
			if (message.has("id")) {
				this.results.add(message);
			}
			else {
				this.events.add(message);
			}
		}
		webSocket.request(1);
		return null;
	}

	public JsonNode command(String method, Map<String, ?> parameters) throws InterruptedException {
		this.socket
			.sendText(
					JsonMapper.shared()
						.writeValueAsString(Map.of("id", ++this.commands, "method", method, "params", parameters)),
					true)
			.join();
		JsonNode message = this.results.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
		assertThat(message).as(method).isNotNull();
		assertThat(message.has("error")).as("%s: %s", method, message).isFalse();
		return message.get("result");
	}

	/** Opens a page, and returns when it is there. */
	public void open(URI page) throws InterruptedException {
		this.events.clear();
		command("Page.navigate", Map.of("url", page.toString()));
		evaluate("new Promise((done) => document.readyState === 'complete' && location.href !== 'about:blank' ? done()"
				+ " : addEventListener('load', done)).then(() => null)");
	}

	/** The value of an expression, or of what it promises. */
	public JsonNode evaluate(String expression) throws InterruptedException {
		JsonNode result = command("Runtime.evaluate",
				Map.of("expression", expression, "awaitPromise", true, "returnByValue", true));
		assertThat(result.has("exceptionDetails")).as(result.toString()).isFalse();
		return result.get("result").path("value");
	}

	/** Presses the left button there, and lets it go elsewhere. */
	public void drag(double fromX, double toX, double y) throws InterruptedException {
		mouse("mouseMoved", fromX, y, 0);
		mouse("mousePressed", fromX, y, 1);
		mouse("mouseMoved", (fromX + toX) / 2, y, 1);
		mouse("mouseMoved", toX, y, 1);
		mouse("mouseReleased", toX, y, 1);
	}

	/** The first of two, or the second. */
	public void click(double x, double y, int count) throws InterruptedException {
		mouse("mouseMoved", x, y, 0);
		mouse("mousePressed", x, y, count);
		mouse("mouseReleased", x, y, count);
	}

	private void mouse(String type, double x, double y, int clicks) throws InterruptedException {
		command("Input.dispatchMouseEvent",
				Map.of("type", type, "x", x, "y", y, "button", (clicks > 0) ? "left" : "none", "clickCount", clicks));
	}

	/** All that was asked for, with the page itself. */
	public List<String> requests() {
		return events("Network.requestWillBeSent").map((event) -> event.at("/params/request/url").asString()).toList();
	}

	/** What went wrong in the page. */
	public List<JsonNode> errors() {
		return Stream.of("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
			.flatMap(this::events)
			.toList();
	}

	private Stream<JsonNode> events(String method) {
		return this.events.stream().filter((event) -> event.get("method").asString().equals(method));
	}

	@Override
	public void close() throws IOException {
		this.socket.abort();
		this.chromium.close();
	}

}

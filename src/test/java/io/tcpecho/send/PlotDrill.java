package io.tcpecho.send;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A drill of known exchanges, and the page of it. Times are in milliseconds since the
 * start.
 */
final class PlotDrill {

	private static final Pattern DATA = Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>");

	final Figures figures = new Figures();

	private final Plot plot;

	private final Path file;

	PlotDrill(Path file) {
		this.file = file;
		this.plot = new Plot(new PlotFile(file, System.out), new Timeline(), "send --parallel 2", "here");
	}

	void echoed(String instance, double milliseconds, double now) {
		add(new Exchange(Ending.ECHOED, null, "", new byte[0], (long) (milliseconds * 1e6),
				(instance != null) ? new Instance(instance, null, null, "1") : null, null), now);
	}

	void failed(Ending ending, String description, double now) {
		add(Exchange.failed(ending, null, description, 1), now);
	}

	private void add(Exchange exchange, double now) {
		boolean asExpected = exchange.ending() == Ending.ECHOED;
		this.figures.add(exchange, asExpected, false, (long) (now * 1e6));
		this.plot.timeline().add(exchange, asExpected, (long) (now * 1e6));
	}

	/** Ends it, and returns the page. */
	String page(double now) throws IOException {
		this.figures.end((long) (now * 1e6));
		this.plot.write(this.figures, "0, as expected", true, "exact");
		return Files.readString(this.file);
	}

	static JsonNode data(String page) {
		Matcher data = DATA.matcher(page);
		assertThat(data.find()).isTrue();
		return JsonMapper.shared().readTree(data.group(1));
	}

}

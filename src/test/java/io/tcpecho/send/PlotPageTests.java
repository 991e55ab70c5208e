package io.tcpecho.send;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import io.tcpecho.testing.Browser;
import io.tcpecho.testing.EchoProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * The page of {@code --plot} in a browser: a minute of 20,000 echoes a second, by one
 * instance in the first half and by another in the second, with one failure after 20
 * seconds and nothing for 17 ms after 40.
 */
@Timeout(120)
class PlotPageTests {

	private static final String HOSTILE = "</script><img src=x onerror=alert(1)>";

	private static Path page;

	private static Browser browser;

	@BeforeAll
	static void drill() throws Exception {
		// Chromium may still write there when it has been told to end.
		Path directory = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "plot");
		browser = new Browser(directory.resolve("profile"), EchoProcess.closedPort());
		page = directory.resolve("drill.html");
		PlotDrill drill = new PlotDrill(page);
		for (int i = 1; i < 1_200_000; i++) {
			double now = i / 20.0;
			if (i == 400_000) {
				drill.failed(Ending.RESET, "reset", now);
			}
			else if (now <= 40_000 || now >= 40_017) {
				drill.echoed((now < 30_000) ? "echo-1" : HOSTILE, 0.5 + i % 100 / 100.0, now);
			}
		}
		drill.page(60_000);
	}

	@AfterAll
	static void close() throws Exception {
		if (browser != null) {
			browser.close();
		}
	}

	@BeforeEach
	void open() throws Exception {
		browser.command("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", "light"))));
		browser.open(page.toUri());
		// For pixels of a colour in a picture, by what is left of them and the seconds of
		// the drill that its axis shows.
		browser.evaluate(
				"""
						window.find = (picture, colour, tolerance) => {
							const canvas = document.querySelectorAll("canvas")[picture];
							const plot = document.querySelectorAll(".u-over")[picture];
							const scale = canvas.width / canvas.clientWidth;
							const swatch = document.createElement("canvas").getContext("2d");
							swatch.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--" + colour).trim();
							swatch.fillRect(0, 0, 1, 1);
							const wanted = swatch.getImageData(0, 0, 1, 1).data;
							const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
							let least = Infinity, most = -Infinity, count = 0;
							for (let i = 0; i < width * height; i++) {
								if ([0, 1, 2].every((c) => Math.abs(data[4 * i + c] - wanted[c]) <= tolerance)) {
									const x = i % width;
									least = Math.min(least, x); most = Math.max(most, x + 1); count++;
								}
							}
							const share = (x) => (x / scale - plot.offsetLeft) / plot.clientWidth;
							return { count, from: 60 * share(least), to: 60 * share(most), pixels: (most - least) / scale };
						};
						""");
	}

	private static JsonNode find(int picture, String colour, int tolerance) throws Exception {
		return browser.evaluate("find(%d, '%s', %d)".formatted(picture, colour, tolerance));
	}

	@Test
	void opensFromAFileWithoutAnErrorOrARequest() throws Exception {
		assertThat(browser.errors()).isEmpty();
		assertThat(browser.requests()).containsExactly(page.toUri().toString());
		assertThat(browser.evaluate("document.querySelectorAll('canvas').length").asInt()).isEqualTo(2);
		assertThat(browser.evaluate("document.querySelectorAll('img').length").asInt()).isZero();
	}

	@Test
	void theTablesHaveTheSummary() throws Exception {
		String text = browser.evaluate("document.body.innerText").asString().replaceAll("\\s+", " ");
		assertThat(text).contains("sent 1199660 ", "echoed 1199659 ", "lost 1 ", "longest gap 17.000 ms, from ",
				HOSTILE + " 1 599661 ", "echo-1 1 599998 ", "reset reset 1 ");
	}

	@Test
	void oneFailureAndAShortGapAreSeenWhereTheyWere() throws Exception {
		JsonNode failure = find(0, "f0", 8);
		assertThat(failure.get("count").asInt()).isGreaterThanOrEqualTo(9);
		assertThat(failure.get("pixels").asDouble()).isBetween(2.9, 5.0);
		assertThat(failure.get("from").asDouble()).isCloseTo(20, within(0.4));
		for (int picture = 0; picture < 2; picture++) {
			JsonNode gap = find(picture, "gap", 40);
			assertThat(gap.get("count").asInt()).isGreaterThan(300);
			assertThat(gap.get("to").asDouble()).isCloseTo(40, within((picture == 0) ? 5.0 : 0.4));
		}
	}

	@Test
	void eachInstanceHasItsHalf() throws Exception {
		JsonNode first = find(0, "i0", 4);
		JsonNode second = find(0, "i1", 4);
		assertThat(first.get("count").asInt()).isGreaterThan(20_000);
		assertThat(second.get("count").asInt()).isGreaterThan(20_000);
		assertThat(List.of(first.get("from").asDouble(), second.get("from").asDouble())).satisfiesExactlyInAnyOrder(
				(from) -> assertThat(from).isCloseTo(0, within(0.5)),
				(from) -> assertThat(from).isCloseTo(30, within(0.5)));
		assertThat(find(1, "median", 4).get("count").asInt()).isGreaterThan(500);
	}

	@Test
	void draggingZoomsBothPicturesAndADoubleClickGoesBack() throws Exception {
		List<String> before = rows();
		JsonNode plot = browser.evaluate("(({ left, top, width, height }) => ({ left, top, width, height }))"
				+ "(document.querySelectorAll('.u-over')[0].getBoundingClientRect())");
		double left = plot.get("left").asDouble();
		double width = plot.get("width").asDouble();
		double middle = plot.get("top").asDouble() + plot.get("height").asDouble() / 2;
		browser.drag(left + width * 39.9 / 60, left + width * 40.4 / 60, middle);
		List<String> zoomed = rows();
		assertThat(zoomed.get(0)).isNotEqualTo(before.get(0));
		assertThat(zoomed.get(1)).isNotEqualTo(before.get(1));
		browser.click(left + width / 2, middle, 1);
		browser.click(left + width / 2, middle, 2);
		assertThat(rows()).isEqualTo(before);
	}

	/** One row of pixels of each picture, after all is drawn. */
	private static List<String> rows() throws Exception {
		return browser.evaluate("""
				new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(
					[...document.querySelectorAll("canvas")].map((canvas) => canvas.getContext("2d")
						.getImageData(0, Math.round(canvas.height / 2), canvas.width, 1).data.join())))))
				""").valueStream().map(JsonNode::asString).toList();
	}

	@Test
	void darkIsDarkAlsoWhenThatChanges() throws Exception {
		String background = "getComputedStyle(document.body).backgroundColor";
		assertThat(browser.evaluate(background).asString()).isEqualTo("rgb(255, 255, 255)");
		int light = find(0, "i0", 4).get("count").asInt();
		browser.command("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", "dark"))));
		rows();
		assertThat(browser.evaluate(background).asString()).isEqualTo("rgb(20, 24, 29)");
		// The variable has the colour of the dark now, and so must the picture.
		assertThat(find(0, "i0", 4).get("count").asInt()).isCloseTo(light, within(light / 10));
	}

}

package io.tcpecho.bench;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The pictures: latency curves, and cost against silent clients.
 */
final class Charts {

	private static final int WIDTH = 860;

	private static final int HEIGHT = 440;

	/**
	 * Which hold for people who do not see all colours, too: Okabe and Ito, and three
	 * more.
	 */
	private static final Color[] COLORS = { new Color(0xD55E00), new Color(0x0072B2), new Color(0x009E73),
			new Color(0xCC79A7), new Color(0x999999), new Color(0x333333), new Color(0x56B4E9), new Color(0x882255),
			new Color(0xE69F00), new Color(0x8B6914), new Color(0x6A3D9A) };

	private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 12);

	/** With fewer exchanges beyond it a percentile is chance. */
	private static final int LEAST_BEYOND = 10;

	private Charts() {
	}

	/**
	 * The percentiles of all rounds, on an axis where each nine is as wide as the one
	 * before.
	 */
	static void writeLatencies(List<Cell> cells, Path file) throws IOException {
		XYChart chart = new XYChartBuilder().width(WIDTH)
			.height(HEIGHT)
			.title("Latency: " + Scenario.MAIN.title())
			.xAxisTitle("percentile")
			.yAxisTitle("ms")
			.build();
		style(chart.getStyler());
		chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true).setXAxisLogarithmicDecadeOnly(true);
		chart.getStyler()
			.setXAxisTickLabelsFormattingFunction((ratio) -> BigDecimal.valueOf(100 - 100 / ratio)
				.round(new MathContext(6))
				.stripTrailingZeros()
				.toPlainString());
		for (Cell cell : cells) {
			if (cell.scenario().equals(Scenario.MAIN) && !cell.measurements().isEmpty()) {
				List<Double> ratios = new ArrayList<>();
				List<Double> milliseconds = new ArrayList<>();
				Histogram latencies = cell.latencies();
				for (HistogramIterationValue value : latencies.percentiles(10)) {
					double beyond = 1 - value.getPercentileLevelIteratedTo() / 100;
					if (beyond * latencies.getTotalCount() >= LEAST_BEYOND) {
						ratios.add(1 / beyond);
						milliseconds.add(value.getValueIteratedTo() / 1e6);
					}
				}
				XYSeries series = chart.addSeries(cell.server().name(), ratios, milliseconds);
				series.setMarker(SeriesMarkers.NONE);
				series.setLineStyle(new BasicStroke(2));
			}
		}
		save(ChartEncoder.getBytes(chart, "svg"), file);
	}

	/** The processor time of a connection, by the number of silent clients. */
	static void writeCost(List<Cell> cells, Path file) throws IOException {
		CategoryChart chart = new CategoryChartBuilder().width(WIDTH)
			.height(HEIGHT)
			.title("CPU per connection: %s beside silent ones".formatted(Scenario.MAIN.title()))
			.xAxisTitle("silent clients")
			.yAxisTitle("µs")
			.build();
		style(chart.getStyler());
		chart.getStyler().setDefaultSeriesRenderStyle(CategorySeriesRenderStyle.Line);
		chart.getStyler().setOverlapped(true);
		chart.getStyler().setYAxisLogarithmic(true).setYAxisMin(10.0);
		List<Cell> comparable = cells.stream()
			.filter((cell) -> cell.scenario().besideNone().equals(Scenario.MAIN))
			.toList();
		List<String> silent = comparable.stream()
			.map((cell) -> "%,d".formatted(cell.scenario().silent()))
			.distinct()
			.toList();
		comparable.stream()
			.collect(Collectors.groupingBy(Cell::server, LinkedHashMap::new, Collectors.toList()))
			.forEach((server, row) -> {
				boolean fails = row.stream().anyMatch((cell) -> cell.givenUp() != null);
				List<Double> medians = row.stream()
					.map((cell) -> cell.spread(Measurement::cpu).map(Spread::median).orElse(Double.NaN))
					.toList();
				chart.addSeries(server.name() + (fails ? ": then fails" : ""), silent, medians);
			});
		save(ChartEncoder.getBytes(chart, "svg"), file);
	}

	private static void save(byte[] svg, Path file) throws IOException {
		// Two digits do, and make it half as large.
		Files.writeString(file, new String(svg, StandardCharsets.UTF_8).replaceAll("(\\.\\d\\d)\\d+", "$1"));
	}

	private static void style(AxesChartStyler styler) {
		styler.setSeriesColors(COLORS);
		styler.setChartBackgroundColor(Color.WHITE);
		styler.setLegendPosition(LegendPosition.OutsideE);
		styler.setLegendBorderColor(Color.WHITE);
		styler.setPlotBorderVisible(false);
		styler.setPlotGridVerticalLinesVisible(false);
		styler.setLegendFont(FONT);
		styler.setAxisTickLabelsFont(FONT);
	}

}

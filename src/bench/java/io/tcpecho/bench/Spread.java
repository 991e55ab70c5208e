package io.tcpecho.bench;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Optional;

/**
 * The median of all rounds, the least and the most.
 */
record Spread(double median, double min, double max) {

	/** Nothing of nothing. */
	static Optional<Spread> of(List<Double> values) {
		double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
		if (sorted.length == 0) {
			return Optional.empty();
		}
		int half = sorted.length / 2;
		double median = (sorted.length % 2 == 1) ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
		return Optional.of(new Spread(median, sorted[0], sorted[sorted.length - 1]));
	}

	/** The median alone. */
	String brief() {
		return number(this.median);
	}

	/** The median, and in parentheses the least and the most. */
	@Override
	public String toString() {
		return "%s (%s–%s)".formatted(number(this.median), number(this.min), number(this.max));
	}

	/** Three digits: more would be noise. */
	private static String number(double value) {
		BigDecimal rounded = new BigDecimal(value).round(new MathContext(3));
		return (value >= 1000) ? "%,d".formatted(rounded.longValue()) : rounded.toPlainString();
	}

}

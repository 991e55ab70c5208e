package io.tcpecho.send;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What a series has to keep to for its exit code to be 0, where it is given, whatever
 * failed.
 *
 * @param failUnder the least percentage of exchanges as expected
 * @param maxGap the longest time without one
 */
record Limits(@Nullable BigDecimal failUnder, @Nullable Duration maxGap) {

	boolean isGiven() {
		return this.failUnder != null || this.maxGap != null;
	}

	/**
	 * What is missed, in words.
	 * @param gap in nanoseconds
	 */
	List<String> missed(int sent, int asExpected, long gap) {
		List<String> missed = new ArrayList<>();
		// Not in binary: 999 of 1000 are 99.9%.
		if (this.failUnder != null && BigDecimal.valueOf(asExpected * 100L)
			.compareTo(this.failUnder.multiply(BigDecimal.valueOf(sent))) < 0) {
			missed.add("%d of %d exchanges were as expected: that is under --fail-under %s%%".formatted(asExpected,
					sent, this.failUnder.toPlainString()));
		}
		if (this.maxGap != null && gap > this.maxGap.toNanos()) {
			missed.add("the longest gap, %s ms, exceeds --max-gap %d ms".formatted(SummaryLines.milliseconds(gap),
					this.maxGap.toMillis()));
		}
		return missed;
	}

}

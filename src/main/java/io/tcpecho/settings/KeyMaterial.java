package io.tcpecho.settings;

import java.util.regex.Pattern;

/**
 * Finds keys in text that is to be shown: PEM, whole or in part, and so much Base64 that
 * it is no path. A certificate is taken for one, too.
 */
public final class KeyMaterial {

	/** Base64 has all of the three within 40 characters, a path hardly ever. */
	private static final Pattern PATTERN = Pattern.compile("(?s)-----BEGIN.*?(-----END[^-]*-----|$)"
			+ "|(?=[a-z\\d+/=]*[A-Z])(?=[A-Z\\d+/=]*[a-z])(?=[A-Za-z+/=]*\\d)[A-Za-z\\d+/=]{40,}");

	private KeyMaterial() {
	}

	public static boolean isIn(String text) {
		return PATTERN.matcher(text).find();
	}

	/** The text with … in the place of each. */
	public static String hide(String text) {
		return PATTERN.matcher(text).replaceAll("…");
	}

}

package io.tcpecho.settings;

import java.lang.management.ManagementFactory;

import com.sun.management.UnixOperatingSystemMXBean;

/**
 * Who may have how many of the process's file descriptors: probes and scrapes must be
 * answered when the echo port is full.
 */
public final class Descriptors {

	/** Kept free of connections: the JVM and its jars hold some. */
	private static final int JVM = 192;

	/** Actuator's, where there are descriptors enough. */
	private static final int ACTUATOR = 2400;

	private static final int LEAST_OF_ACTUATOR = 16;

	private Descriptors() {
	}

	/** How many the process may open; on Windows there is no such limit. */
	public static long limit() {
		return (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system)
				? system.getMaxFileDescriptorCount() : Integer.MAX_VALUE;
	}

	/** How many connections Actuator may have. */
	public static int actuator() {
		return Math.clamp((limit() - JVM) / 4, LEAST_OF_ACTUATOR, ACTUATOR);
	}

	/** How many are not for echo connections: Actuator's and the JVM's. */
	public static long reserved() {
		return (long) JVM + actuator();
	}

}

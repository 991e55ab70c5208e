package io.tcpecho.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * What the listener, its carriers and the kernel's queue before it export.
 */
record ListenerMetrics(EchoConnectionFactory factory) implements MeterBinder {

	/** Lines in pairs, names and values (proc_net(5)); only Linux has it. */
	private static final Path NETSTAT = Path.of("/proc/net/netstat");

	@Override
	public void bindTo(MeterRegistry registry) {
		Gauge.builder("echo.connections.limit", this.factory, (factory) -> factory.server().open().limit())
			.description("Connections that may be open at once")
			.register(registry);
		TimeGauge
			.builder("echo.exchange.oldest", this.factory, TimeUnit.NANOSECONDS,
					(factory) -> factory.server().open().oldestExchange())
			.description("Since the oldest message was read that a handler still has")
			.register(registry);
		Gauge.builder("echo.listener.up", this.factory, (factory) -> factory.availability().isReady() ? 1 : 0)
			.description("1 while new clients are accepted, or wait only until a connection closes")
			.register(registry);
		Gauge.builder("echo.carriers", Carriers::count)
			.description("Carriers of virtual threads in force")
			.register(registry);
		netstat(registry, "echo.listen.overflows", "ListenOverflows",
				"Connections that the kernel turned away because a queue of this network namespace was full");
		netstat(registry, "echo.timewait.drops", "PAWSTimewait",
				"Connections that the kernel turned away because one in TIME_WAIT had a later timestamp");
	}

	/** Not where the kernel has no such column: a counter that is NaN breaks a scrape. */
	private static void netstat(MeterRegistry registry, String name, String column, String description) {
		if (Double.isFinite(read(NETSTAT, column))) {
			FunctionCounter.builder(name, NETSTAT, (netstat) -> read(netstat, column))
				.description(description)
				.register(registry);
		}
	}

	static double read(Path netstat, String column) {
		try {
			List<List<String>> rows = Files.readAllLines(netstat)
				.stream()
				.filter((line) -> line.startsWith("TcpExt:"))
				.map((line) -> Arrays.asList(line.split(" ", -1)))
				.toList();
			return Double.parseDouble(rows.get(1).get(rows.getFirst().indexOf(column)));
		}
		catch (IOException | IndexOutOfBoundsException | NumberFormatException ex) {
			return Double.NaN;
		}
	}

}

package io.tcpecho;

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
 * What the listeners and the kernel's queues before them export.
 */
record ListenerMetrics(EchoConnectionFactory server) implements MeterBinder {

	/** Lines in pairs, names and values (proc_net(5)); only Linux has it. */
	private static final Path NETSTAT = Path.of("/proc/net/netstat");

	@Override
	public void bindTo(MeterRegistry registry) {
		Gauge.builder("echo.connections.limit", this.server, (server) -> server.limit.limit())
			.description("Connections that may be open at once")
			.register(registry);
		TimeGauge
			.builder("echo.exchange.oldest", this.server, TimeUnit.NANOSECONDS, EchoConnectionFactory::oldestExchange)
			.description("Age of the oldest exchange whose message has been read")
			.register(registry);
		Gauge
			.builder("echo.listener.up", this.server,
					(server) -> (server.isReady() && server.count(EchoListener.State.DEAD) == 0) ? 1 : 0)
			.description("1 while every listener accepts connections, or waits only until a connection closes")
			.register(registry);
		for (EchoListener.State state : EchoListener.State.values()) {
			Gauge.builder("echo.listeners", this.server, (server) -> server.count(state))
				.description("Listeners by what they do: serve, be stuck in a turn, or be dead")
				.tag("state", state.toString())
				.register(registry);
		}
		for (AcceptFailures.Cause cause : AcceptFailures.Cause.values()) {
			FunctionCounter.builder("echo.accept.failures", this.server, (server) -> server.acceptFailures.count(cause))
				.description("Failures of accept")
				.tag("cause", cause.toString())
				.register(registry);
		}
		if (Files.isReadable(NETSTAT)) {
			netstat(registry, "echo.listen.overflows", "ListenOverflows",
					"Connections that the kernel turned away because a queue of this network namespace was full");
			netstat(registry, "echo.timewait.drops", "PAWSTimewait",
					"Connections that the kernel turned away because one in TIME_WAIT had a later timestamp");
		}
	}

	private static void netstat(MeterRegistry registry, String name, String column, String description) {
		FunctionCounter.builder(name, NETSTAT, (netstat) -> read(netstat, column))
			.description(description)
			.register(registry);
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
		catch (IOException | IndexOutOfBoundsException ex) {
			return Double.NaN;
		}
	}

}

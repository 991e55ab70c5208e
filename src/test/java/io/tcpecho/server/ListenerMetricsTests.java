package io.tcpecho.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class ListenerMetricsTests {

	@Test
	void listenOverflowsAreReadFromTheColumnOfThatName(@TempDir Path directory) throws IOException {
		Path netstat = Files.writeString(directory.resolve("netstat"), """
				TcpExt: SyncookiesSent ListenOverflows ListenDrops
				TcpExt: 1 42 43
				IpExt: InNoRoutes ListenOverflows
				IpExt: 7 8
				""");
		assertThat(ListenerMetrics.read(netstat, "ListenOverflows")).isEqualTo(42);
	}

	@Test
	void aKernelThatDoesNotCountThemIsNotANumberAndHasNoSuchSeries(@TempDir Path directory) throws IOException {
		Path netstat = Files.writeString(directory.resolve("netstat"), """
				TcpExt: SyncookiesSent
				TcpExt: 1
				""");
		assertThat(ListenerMetrics.read(netstat, "ListenOverflows")).isNaN();
	}

}

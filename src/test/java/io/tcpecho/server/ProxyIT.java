package io.tcpecho.server;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.tcpecho.testing.EchoProcess;
import io.tcpecho.testing.Tool;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The packaged service behind load balancers that other people wrote, and with their
 * clients.
 */
@Timeout(180)
class ProxyIT {

	private static final int ECHOES = 2_000;

	private static final int CLIENTS = 8;

	@ParameterizedTest
	@ValueSource(strings = { "send-proxy", "send-proxy-v2" })
	void behindHaproxyNoEchoIsLostAndEverySourceIsRight(String option, @TempDir Path directory) throws Exception {
		try (EchoProcess echo = start()) {
			int port = EchoProcess.closedPort();
			Path config = Files.writeString(directory.resolve("haproxy.cfg"), """
					defaults
					  mode tcp
					  timeout connect 10s
					  timeout client 30s
					  timeout server 30s
					listen echo
					  bind 127.0.0.1:%d
					  server echo 127.0.0.1:%d %s check check-send-proxy inter 100ms
					""".formatted(port, echo.port(), option));
			try (Tool.Server _ = Tool.serve(port, List.of("haproxy"), "-db", "-f", config.toString())) {
				assertEchoes(echo, port);
				// The balancer's own health checks.
				double ended = echo.metric("echo_connections_accepted_total");
				await().until(() -> echo.metric("echo_connections_accepted_total") > ended);
			}
			assertNothingWasAmiss(echo);
		}
	}

	@Test
	void behindNginxNoEchoIsLostAndEverySourceIsRight(@TempDir Path directory) throws Exception {
		Path module = Path.of("/usr/lib/nginx/modules/ngx_stream_module.so");
		Assumptions.assumeTrue(Files.exists(module), "Debian's package libnginx-mod-stream is not installed");
		try (EchoProcess echo = start()) {
			int port = EchoProcess.closedPort();
			Path config = Files.writeString(directory.resolve("nginx.conf"), """
					load_module %s;
					daemon off;
					master_process off;
					pid %s;
					events { worker_connections 1024; }
					stream {
					  server {
					    listen 127.0.0.1:%d;
					    proxy_pass 127.0.0.1:%d;
					    proxy_protocol on;
					  }
					}
					""".formatted(module, directory.resolve("pid"), port, echo.port()));
			try (Tool.Server _ = Tool.serve(port, List.of("nginx"), "-e", "stderr", "-c", config.toString())) {
				assertEchoes(echo, port);
			}
			assertNothingWasAmiss(echo);
		}
	}

	@Tag("echo")
	@ParameterizedTest
	@ValueSource(strings = { "socat", "ncat" })
	void otherPeoplesClientsGetTheirBytesBack(String name) throws Exception {
		try (EchoProcess echo = EchoProcess.start()) {
			String port = String.valueOf(echo.port());
			for (int i = 0; i < 20; i++) {
				String message = "hello " + i;
				Tool.Result result = name.equals("socat")
						? Tool.run(message, List.of(name), "-t10", "-", "TCP:127.0.0.1:" + port)
						: Tool.run(message, List.of(name), "127.0.0.1", port);
				assertThat(result).isEqualTo(new Tool.Result(0, message));
			}
		}
	}

	private static EchoProcess start() throws IOException {
		return EchoProcess.start("--echo.proxy-protocol=required", "--echo.reply=identity",
				"--echo.identity.instance=echo-0");
	}

	private static void assertEchoes(EchoProcess echo, int port) throws Exception {
		AtomicInteger samePort = new AtomicInteger();
		try (ExecutorService executor = Executors.newFixedThreadPool(CLIENTS)) {
			List<Future<?>> echoes = IntStream.range(0, ECHOES).<Future<?>>mapToObj((i) -> executor.submit(() -> {
				assertEcho(port, "x".repeat(1 + i % 100), samePort);
				return null;
			})).toList();
			for (Future<?> each : echoes) {
				each.get();
			}
		}
		// The peer is the proxy, which has the client's own port number by chance alone:
		// 1 % of them, for the kernel gives ports out in rows.
		assertThat(samePort).hasValueLessThan(ECHOES / 10);
		assertThat(echo.ended("echoed")).isEqualTo(ECHOES);
	}

	private static void assertEcho(int port, String message, AtomicInteger samePort) throws IOException {
		try (Socket socket = EchoProcess.connect(port)) {
			JsonNode reply = JsonMapper.shared().readTree(EchoProcess.exchange(socket, message));
			assertThat(reply.at("/proxied/source/address").asString()).isEqualTo("127.0.0.1");
			assertThat(reply.at("/proxied/source/port").asInt()).isEqualTo(socket.getLocalPort());
			assertThat(reply.at("/proxied/destination/port").asInt()).isEqualTo(port);
			samePort.addAndGet((reply.at("/peer/port").asInt() == socket.getLocalPort()) ? 1 : 0);
			assertThat(reply.at("/received").asInt()).isEqualTo(message.length());
			assertThat(reply.at("/instance").asString()).isEqualTo("echo-0");
		}
	}

	private static void assertNothingWasAmiss(EchoProcess echo) throws Exception {
		await().until(() -> echo.metric("echo_connections_active") == 0);
		for (String outcome : new String[] { "malformed", "timeout", "error" }) {
			assertThat(echo.ended(outcome)).as(outcome).isZero();
		}
		echo.assertNothingAmiss();
	}

}

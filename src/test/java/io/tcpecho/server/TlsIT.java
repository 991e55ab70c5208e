package io.tcpecho.server;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.EchoProcess;
import io.tcpecho.testing.Tool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * TLS of the packaged service, seen by programs that other people wrote.
 */
@Tag("tls")
@Timeout(180)
class TlsIT {

	@TempDir
	private static Path directory;

	private static Certificates certificates;

	private static EchoProcess service;

	@BeforeAll
	static void start() throws Exception {
		certificates = new Certificates(directory).sign("server").sign("other").sign("client");
		service = start("server", "--echo.ssl.client-auth=want", "--echo.reply=identity",
				"--spring.ssl.bundle.pem.echo.truststore.certificate=file:" + certificates.ca());
	}

	@AfterAll
	static void stop() {
		service.assertNothingAmiss();
		service.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "-tls1_2", "-tls1_3" })
	void opensslSeesAStreamThatEndsAsItShould(String version) throws Exception {
		double malformed = service.ended("malformed");
		Tool.Result result = openssl(service, "hello", version, "-quiet", "-servername", "any.example", "-alpn",
				"made-up,h2", "-cert", certificates.certificate("client").toString(), "-key",
				certificates.key("client").toString());
		assertThat(result.exitCode()).as(result.output()).isZero();
		assertThat(result.output()).doesNotContain("unexpected eof");
		JsonNode reply = JsonMapper.shared()
			.readTree(result.output().lines().filter((line) -> line.startsWith("{")).findFirst().orElseThrow());
		assertThat(reply.at("/received").asInt()).isEqualTo(5);
		assertThat(reply.at("/tls/serverName").asString()).isEqualTo("any.example");
		assertThat(reply.at("/tls/applicationProtocol").asString()).isEqualTo("made-up");
		assertThat(reply.at("/tls/clientCertificate/subject").asString()).isEqualTo("CN=client,O=Test");
		assertThat(service.ended("malformed")).isEqualTo(malformed);
	}

	@Test
	void opensslSeesTheAlertWhereItNeedsACertificate() throws Exception {
		try (EchoProcess needing = start("server", "--echo.ssl.client-auth=need",
				"--spring.ssl.bundle.pem.echo.truststore.certificate=file:" + certificates.ca())) {
			for (String version : new String[] { "-tls1_2", "-tls1_3" }) {
				assertThat(openssl(needing, "hello", version, "-quiet").output()).contains("alert");
			}
			await().until(() -> needing.ended("malformed") == 2);
			needing.assertNothingAmiss();
		}
	}

	@ParameterizedTest
	@CsvSource({ "-tls1_2, TLSv1.2", "-tls1_3, TLSv1.3" })
	void opensslResumesASession(String version, String name) throws Exception {
		Path session = directory.resolve("session" + version);
		double echoed = service.ended("echoed");
		openssl(service, "hello", version, "-sess_out", session.toString(), "-ign_eof");
		assertThat(openssl(service, "hello", version, "-sess_in", session.toString(), "-ign_eof").output())
			.contains("Reused, " + name);
		assertThat(service.ended("echoed")).isEqualTo(echoed + 2);
	}

	@ParameterizedTest
	@ValueSource(strings = { "-tls1", "-tls1_1" })
	void nothingBelow12IsSpoken(String version) throws Exception {
		double malformed = service.ended("malformed");
		assertThat(openssl(service, "hello", version, "-quiet", "-cipher", "ALL:@SECLEVEL=0").exitCode()).isNotZero();
		await().until(() -> service.ended("malformed") == malformed + 1);
	}

	@Test
	void haproxyRoutesByNameAndTheHeaderComesBeforeTheHandshake() throws Exception {
		String[] identity = { "--echo.proxy-protocol=required", "--echo.reply=identity" };
		try (EchoProcess one = start("server", identity); EchoProcess other = start("other", identity)) {
			int port = EchoProcess.closedPort();
			Path config = Files.writeString(directory.resolve("haproxy.cfg"), """
					defaults
					  mode tcp
					  timeout connect 10s
					  timeout client 30s
					  timeout server 30s
					frontend echo
					  bind 127.0.0.1:%d
					  tcp-request inspect-delay 5s
					  tcp-request content accept if { req.ssl_hello_type 1 }
					  use_backend other if { req.ssl_sni -i other.example }
					  default_backend one
					backend one
					  server one 127.0.0.1:%d send-proxy-v2
					backend other
					  server other 127.0.0.1:%d send-proxy-v2
					""".formatted(port, one.port(), other.port()));
			try (Tool.Server _ = Tool.serve(port, List.of("haproxy"), "-db", "-f", config.toString())) {
				// One for each: a session that is resumed has the name that it began
				// with.
				SSLContext toOne = certificates.client();
				SSLContext toOther = certificates.client();
				for (int i = 0; i < 50; i++) {
					assertRouted(port, toOne, "one.example", "CN=server,O=Test");
					assertRouted(port, toOther, "other.example", "CN=other,O=Test");
				}
			}
			assertThat(one.ended("echoed")).isEqualTo(50);
			assertThat(other.ended("echoed")).isEqualTo(50);
		}
	}

	private static void assertRouted(int port, SSLContext trusting, String name, String subject) throws Exception {
		Socket plain = EchoProcess.connect(port);
		try (SSLSocket client = Certificates.over(plain, trusting)) {
			SSLParameters parameters = client.getSSLParameters();
			parameters.setServerNames(List.of(new SNIHostName(name)));
			client.setSSLParameters(parameters);
			client.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
			JsonNode reply = JsonMapper.shared().readTree(client.getInputStream().readAllBytes());
			assertThat(reply.at("/tls/serverName").asString()).isEqualTo(name);
			assertThat(reply.at("/proxied/source/port").asInt()).isEqualTo(plain.getLocalPort());
			assertThat(client.getSession().getPeerPrincipal().getName()).isEqualTo(subject);
		}
	}

	@Test
	void noMoreAreTakenThanTheHeapHasRoomFor() throws Exception {
		try (EchoProcess echo = EchoProcess.startWith(List.of("-Xmx64m"), arguments("server"))) {
			assertThat(echo.output("WARN")).singleElement()
				.asString()
				.containsPattern("echo.max-connections is lowered from 10000 to \\d{4}: .* TLS");
		}
	}

	private static EchoProcess start(String name, String... more) throws IOException {
		return EchoProcess.start(arguments(name, more));
	}

	private static String[] arguments(String name, String... more) {
		return Stream.concat(Arrays.stream(certificates.bundle(name)).map("--"::concat), Arrays.stream(more))
			.toArray(String[]::new);
	}

	private static Tool.Result openssl(EchoProcess echo, String message, String... options) throws Exception {
		List<String> arguments = new ArrayList<>(List.of("s_client", "-connect", "127.0.0.1:" + echo.port(), "-CAfile",
				certificates.ca().toString(), "-verify_return_error"));
		arguments.addAll(Arrays.asList(options));
		return Tool.run(message, List.of("openssl"), arguments.toArray(String[]::new));
	}

}

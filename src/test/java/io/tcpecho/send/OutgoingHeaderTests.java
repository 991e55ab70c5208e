package io.tcpecho.send;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static io.tcpecho.send.Result.send;
import static io.tcpecho.send.Result.sendTo;
import static org.assertj.core.api.Assertions.assertThat;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class OutgoingHeaderTests {

	private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

	private final BlockingQueue<byte[]> read = new LinkedBlockingQueue<>();

	private final BlockingQueue<Integer> clientPorts = new LinkedBlockingQueue<>();

	/** Keeps what the first read returns; the last five bytes are the message. */
	private Peer peer(String address) throws Exception {
		return new Peer(InetAddress.ofLiteral(address), 0, (client) -> {
			byte[] buffer = new byte[1000];
			byte[] first = Arrays.copyOf(buffer, client.getInputStream().read(buffer));
			System.arraycopy(buffer, 0, first, 0, first.length);
			this.read.add(first);
			this.clientPorts.add(client.getPort());
			client.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
			client.shutdownOutput();
			Peer.staySilent(client);
		});
	}

	private String text() throws InterruptedException {
		return new String(first(), StandardCharsets.ISO_8859_1);
	}

	private byte[] first() throws InterruptedException {
		byte[] bytes = this.read.poll(10, TimeUnit.SECONDS);
		assertThat(bytes).isNotNull();
		return bytes;
	}

	@Test
	void version1TellsOfTheConnectionItself() throws Exception {
		try (Peer peer = peer("127.0.0.1")) {
			assertThat(sendTo(peer.port(), "", "hello", "--proxy-protocol=v1").exitCode()).isEqualTo(0);
			assertThat(text()).isEqualTo(
					"PROXY TCP4 127.0.0.1 127.0.0.1 " + this.clientPorts.take() + " " + peer.port() + "\r\nhello");
		}
	}

	@Test
	void version1TellsOfAnotherSource() throws Exception {
		try (Peer peer = peer("127.0.0.1")) {
			sendTo(peer.port(), "", "hello", "--proxy-protocol=v1", "--proxy-source=192.0.2.1:1234");
			assertThat(text()).isEqualTo("PROXY TCP4 192.0.2.1 127.0.0.1 1234 " + peer.port() + "\r\nhello");
		}
	}

	@Test
	void version1TellsOfIpv6() throws Exception {
		try (Peer peer = peer("::1")) {
			assertThat(send("--host=::1", "-p" + peer.port(), "hello", "--proxy-protocol=V1",
					"--proxy-source=[2001:db8::1]:65535")
				.exitCode()).isEqualTo(0);
			assertThat(text())
				.isEqualTo("PROXY TCP6 2001:db8:0:0:0:0:0:1 0:0:0:0:0:0:0:1 65535 " + peer.port() + "\r\nhello");
		}
	}

	@Test
	void version2TellsOfTheConnectionItself() throws Exception {
		try (Peer peer = peer("127.0.0.1")) {
			assertThat(sendTo(peer.port(), "", "hello", "--proxy-protocol=v2").exitCode()).isEqualTo(0);
			byte[] bytes = first();
			assertThat(hex(bytes)).isEqualTo(SIGNATURE + "2111000c" + "7f000001" + "7f000001"
					+ "%04x%04x".formatted(this.clientPorts.take(), peer.port()) + "68656c6c6f");
		}
	}

	@Test
	void version2TellsOfIpv6() throws Exception {
		try (Peer peer = peer("::1")) {
			assertThat(send("--host=[::1]:" + peer.port(), "hello", "--proxy-protocol=v2",
					"--proxy-source=[2001:db8::1]:65535")
				.exitCode()).isEqualTo(0);
			assertThat(hex(first())).isEqualTo(SIGNATURE + "21210024" + "20010db8000000000000000000000001"
					+ "00000000000000000000000000000001" + "ffff%04x".formatted(peer.port()) + "68656c6c6f");
		}
	}

	private static String hex(byte[] bytes) {
		return HexFormat.of().formatHex(bytes);
	}

	@ParameterizedTest
	@CsvSource({ "v1", "v2" })
	void anEmptyMessageIsAHeaderAndAnEndOfStream(String version) throws Exception {
		try (Peer peer = new Peer((client) -> {
			this.read.add(client.getInputStream().readAllBytes());
			client.shutdownOutput();
		})) {
			Result result = sendTo(peer.port(), "", "--proxy-protocol=" + version, "--timeout=30s");
			assertThat(result.exitCode()).as(result.err()).isEqualTo(0);
			assertThat(result.err()).startsWith("empty: ");
			assertThat(first()).hasSizeGreaterThan(27);
		}
	}

	@Test
	void isNoPartOfTheMessageToBeEchoed() throws Exception {
		try (Peer peer = new Peer(Peer::echo)) {
			Result result = sendTo(peer.port(), "hello", "--proxy-protocol=v1");
			assertThat(result.exitCode()).isEqualTo(3);
			assertThat(result.err()).contains("returned 0x50 instead of 0x68 as byte 1", "--proxy-protocol");
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					--host=127.0.0.1 --proxy-source=[2001:db8::1]:1 | --proxy-source is an IPv6 address, and --host an IPv4 address
					--proxy-source=[2001:db8::1]:1 --host=[::1] -4 | --proxy-source is an IPv6 address: leave out -4
					--proxy-source=192.0.2.1:1 --host=::1       | --proxy-source is an IPv4 address, and --host an IPv6 address
					--proxy-source=192.0.2.1:1 -6               | --proxy-source is an IPv4 address: leave out -6
					--proxy-source=192.0.2.1                    | '--proxy-source': must be an address with a port
					--proxy-source=2001:db8::1                  | '--proxy-source': must be an address with a port
					--proxy-source=example.com:1                | '--proxy-source': must be an address with a port
					""")
	void aMixOfFamiliesIsRefused(String options, String problem) {
		Result result = send(("hello --proxy-protocol=v2 " + options).split(" "));
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err().lines()).singleElement().asString().contains(problem);
	}

}

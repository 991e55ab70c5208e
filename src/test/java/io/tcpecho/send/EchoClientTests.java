package io.tcpecho.send;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class EchoClientTests {

	@Test
	void aListenerThatClosesWhileOneConnectsResetsItAndIsNotUnreachable() {
		EchoClient client = new EchoClient("localhost", 1, Duration.ofSeconds(1), Duration.ofSeconds(1),
				Endpoint.Family.ANY, null, null);
		Exchange exchange = client.unconnected(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 1),
				new SocketException("Connection reset by peer"), 1);
		assertThat(exchange.ending()).isEqualTo(Ending.RESET);
		assertThat(exchange.description()).isEqualTo("127.0.0.1:1 reset the connection as it was made");
	}

	@Test
	void ofSeveralAddressesThatFailTheFirstWhereSomebodyIsDecides() {
		Exchange dropped = Exchange.failed(Ending.UNREACHABLE, null, "one dropped", 1);
		Exchange refused = Exchange.failed(Ending.REFUSED, null, "one refused", 2);
		Exchange reset = Exchange.failed(Ending.RESET, null, "one reset", 3);
		Exchange decided = EchoClient.decide(List.of(dropped, refused, reset));
		assertThat(decided.ending()).isEqualTo(Ending.REFUSED);
		assertThat(decided.description()).isEqualTo("one dropped, one refused, one reset");
		assertThat(decided.nanoseconds()).isEqualTo(3);
		assertThat(EchoClient.decide(List.of(dropped)).ending()).isEqualTo(Ending.UNREACHABLE);
	}

}

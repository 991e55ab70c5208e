package io.tcpecho.send;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

import io.tcpecho.testing.Certificates;

/**
 * Services that speak TLS with certificates of one authority, and clients that trust it.
 */
record TlsPeers(Certificates certificates) {

	interface Configurer {

		void configure(SSLSocket socket) throws IOException;

	}

	static Configurer only(String version) {
		return (socket) -> socket.setEnabledProtocols(new String[] { version });
	}

	/** With the certificate of a name. */
	Peer.Behaviour tls(String name, Configurer configurer, Peer.Behaviour behaviour) throws Exception {
		SSLContext context = this.certificates.client(name);
		return (client) -> {
			SSLSocket socket = (SSLSocket) context.getSocketFactory()
				.createSocket(client, null, client.getPort(), false);
			socket.setUseClientMode(false);
			configurer.configure(socket);
			try {
				socket.startHandshake();
				behaviour.serve(socket);
			}
			finally {
				// So that no reset overtakes an alert.
				client.shutdownOutput();
				client.getInputStream().transferTo(OutputStream.nullOutputStream());
			}
		};
	}

	Peer.Behaviour tls(String name, Peer.Behaviour behaviour) throws Exception {
		return tls(name, (socket) -> {
		}, behaviour);
	}

	Result send(Peer peer, String message, String... options) {
		List<String> all = new ArrayList<>(List.of("--tls", "--cacert=" + this.certificates.ca()));
		all.addAll(List.of(options));
		return Result.sendTo(peer.port(), message, all.toArray(String[]::new));
	}

}

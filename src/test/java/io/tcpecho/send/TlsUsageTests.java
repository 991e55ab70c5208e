package io.tcpecho.send;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

import io.tcpecho.testing.Certificates;
import io.tcpecho.testing.Tool;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static io.tcpecho.send.Result.send;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Names, certificates and keys that {@code --tls} cannot use.
 */
@Execution(ExecutionMode.CONCURRENT)
class TlsUsageTests {

	@TempDir
	private static Path directory;

	@BeforeAll
	static void make() throws Exception {
		Certificates certificates = new Certificates(Files.createDirectory(directory.resolve("signed"))).sign("client")
			.sign("other");
		Path key = certificates.key("client");
		Path certificate = certificates.certificate("client");
		Files.copy(key, directory.resolve("key.pem"));
		Files.copy(certificates.key("other"), directory.resolve("other.pem"));
		Files.copy(certificate, directory.resolve("client.pem"));
		Files.writeString(directory.resolve("authority-first.pem"),
				Files.readString(certificates.ca()) + Files.readString(certificate));
		Files.writeString(directory.resolve("both.pem"), Files.readString(certificate) + Files.readString(key));
		Files.writeString(directory.resolve("cut.pem"), Files.readString(certificate).substring(0, 300));
		Files.write(directory.resolve("ca.der"),
				Base64.getMimeDecoder().decode(Files.readString(certificates.ca()).replaceAll("-----.*-----", "")));
		Files.createFile(directory.resolve("empty.pem"));
	}

	/** Each with the file that it is refused for. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			--cacert=nowhere.pem                              | '--cacert': there is no such file.
			--cacert=.                                        | '--cacert': it is a directory.
			--cacert=empty.pem                                | '--cacert': the file has no certificate
			--cacert=key.pem                                  | '--cacert': the file has no certificate
			--cacert=ca.der                                   | '--cacert': the file has no certificate
			--cacert=cut.pem                                  | '--cacert': the file has no certificate
			--cert=nowhere.pem --key=key.pem                  | '--cert': there is no such file.
			--cert=. --key=key.pem                            | '--cert': it is a directory.
			--cert=ca.der --key=key.pem                       | '--cert': the file has no certificate
			--cert=key.pem --key=client.pem                   | '--cert': the file has no certificate
			--cert=client.pem                                 | '--cert': the file has no private key
			--cert=client.pem --key=nowhere.pem               | '--key': there is no such file.
			--cert=client.pem --key=.                         | '--key': it is a directory.
			--cert=client.pem --key=empty.pem                 | '--key': the file has no private key
			--cert=client.pem --key=ca.der                    | '--key': the file has no private key
			--cert=client.pem --key=client.pem                | '--key': the file has no private key
			--cert=client.pem --key=other.pem                 | '--key': the key does not fit the first certificate
			--cert=authority-first.pem --key=key.pem          | '--key': the key does not fit the first certificate
			""", quoteCharacter = '`')
	void aFileOfNoUseIsNamedByItsOption(String options, String named) throws Exception {
		Result result = tls(options);
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err().lines()).singleElement().asString().contains(named);
	}

	/** With paths within the directory. */
	private static Result tls(String options) {
		Stream<String> files = Stream.of(options.split(" "))
			.map((option) -> option.replace("=", "=" + directory + "/"));
		return send(Stream.of(Stream.of("--tls", "--port=1", "hello"), files)
			.flatMap((some) -> some)
			.toArray(String[]::new));
	}

	@ParameterizedTest
	@ValueSource(strings = { "--cert=both.pem", "--cert=client.pem --key=key.pem", "--cert=client.pem --key=both.pem" })
	void aKeyThatFitsIsTaken(String options) {
		assertThat(tls(options).exitCode()).isEqualTo(4);
	}

	/** Made by openssl, as the option names them. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			RSA -pkeyopt rsa_keygen_bits:2048         |                   |
			RSA-PSS -pkeyopt rsa_keygen_bits:2048     |                   |
			ED25519                                   |                   |
			EC -pkeyopt ec_paramgen_curve:P-384       |                   |
			X25519                                    |                   | TLS cannot use a key of
			RSA -pkeyopt rsa_keygen_bits:2048         | -aes256 -passout pass:secret              | is encrypted
			RSA -pkeyopt rsa_keygen_bits:2048         | -traditional -aes256 -passout pass:secret | is encrypted
			EC -pkeyopt ec_paramgen_curve:P-256       | -traditional      |
			""")
	void keysOfEachKind(String algorithm, String options, String problem, @TempDir Path files) throws Exception {
		Path key = files.resolve("key.pem");
		openssl("genpkey -quiet -out " + key + " -algorithm " + algorithm);
		Path certificate = files.resolve("certificate.pem");
		boolean signs = !algorithm.equals("X25519");
		if (signs) {
			openssl("req -x509 -new -subj /CN=client -key " + key + " -out " + certificate);
		}
		if (options != null) {
			Path other = files.resolve("other.pem");
			openssl("pkey -in " + key + " -out " + other + " " + options);
			key = other;
		}
		Result result = send("--tls", "--port=1", "--key=" + key,
				"--cert=" + (signs ? certificate : directory.resolve("client.pem")), "hello");
		assertThat(result.exitCode()).as(result.err()).isEqualTo((problem != null) ? 2 : 4);
		assertThat(result.err()).contains((problem != null) ? "'--key': " : "refused",
				(problem != null) ? problem : "");
	}

	private static void openssl(String arguments) throws Exception {
		Tool.Result result = Tool.run("", List.of("openssl"), arguments.split(" +"));
		assertThat(result.exitCode()).as(result.output()).isEqualTo(0);
	}

	/** As with {@code --key "$(cat key.pem)"}, or without the quotes. */
	@Test
	void aKeyThatIsGivenItselfIsNotRepeated() throws Exception {
		String key = Files.readString(directory.resolve("key.pem"));
		String line = key.lines().toList().get(1);
		for (List<String> given : List.of(List.of(key), List.of(key.split("\\s+")), List.of(line),
				List.of("--nonsense=" + key))) {
			Result result = send(Stream
				.concat(Stream.of("--tls", "--cert=" + directory.resolve("client.pem"), "--key"), given.stream())
				.toArray(String[]::new));
			assertThat(result.exitCode()).isEqualTo(2);
			assertThat(result.err()).doesNotContain(line.substring(0, 20)).contains("--key");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", ",", "h2,", ",h2", "h2,,http/1.1", "h2, http/1.1", "grüß", "€" })
	void applicationProtocolsThatCannotBeOffered(String list) {
		Result result = send("--tls", "--port=1", "--alpn", list, "hello");
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err()).startsWith("Invalid value for option '--alpn': must be names between commas, ");
	}

	@Test
	void anApplicationProtocolMayHave255Characters() {
		assertThat(send("--tls", "--port=1", "--alpn", "x".repeat(255), "hello").exitCode()).isEqualTo(4);
		assertThat(send("--tls", "--port=1", "--alpn", "x".repeat(256), "hello").exitCode()).isEqualTo(2);
	}

	@ParameterizedTest
	@ValueSource(strings = { "my_service", "", ".", "one..example", "-one.example", "one example", "one.example:443",
			"one.example..",
			"a.63-is-the-longest-label-that-there-may-be-in-a-name-of-dns-and-this-is-longer.example" })
	void namesThatTlsCannotAskFor(String name) {
		Result result = send("--tls", "--port=1", "--servername", name, "hello");
		assertThat(result.exitCode()).as(result.err()).isEqualTo(2);
		assertThat(result.err())
			.startsWith("Invalid value for option '--servername': it must be a name that TLS can ask for: letters, ");
	}

	@Test
	void aHostThatTlsCannotAskForNeedsAnotherName() {
		Result result = send("--tls", "--host=my_service", "hello");
		assertThat(result.exitCode()).isEqualTo(2);
		assertThat(result.err())
			.startsWith("Invalid value for option '--host': with --tls and without --servername it ");
		assertThat(send("--tls", "--host=my_service", "--servername=one.example", "hello").exitCode()).isEqualTo(6);
	}

	@ParameterizedTest
	@ValueSource(strings = { "one.example.", "127.0.0.1", "::1", "grüß.example", "localhost" })
	void namesThatAreTaken(String name) {
		assertThat(send("--tls", "--port=1", "--servername", name, "hello").exitCode()).isEqualTo(4);
	}

}

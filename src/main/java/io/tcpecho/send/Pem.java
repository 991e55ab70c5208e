package io.tcpecho.send;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.pem.PemContent;
import org.springframework.boot.ssl.pem.PemSslStore;
import picocli.CommandLine.ParameterException;

/**
 * Reads certificates and keys from files. What is wrong is said in words of our own: a
 * library's may have the file's content in them, and a path may be the key itself.
 */
record Pem(Usage usage) {

	/** Of keys that TLS 1.2 or 1.3 can use. */
	private static final Set<String> ALGORITHMS = Set.of("RSA", "RSASSA-PSS", "EC", "EdDSA");

	/** The authorities of {@code --cacert}, if there are any. */
	@Nullable PemSslStore authorities(@Nullable Path file) {
		return (file != null) ? PemSslStore.of(certificates("--cacert", content("--cacert", file)), null) : null;
	}

	/**
	 * A certificate, its chain and its key, if there is any.
	 * @param key null if it is in the file of the certificate
	 */
	@Nullable PemSslStore own(@Nullable Path certificate, @Nullable Path key) {
		this.usage.refuseIf(key != null && certificate == null, "--key needs --cert");
		if (certificate == null) {
			return null;
		}
		// Once: it may be a pipe.
		PemContent content = content("--cert", certificate);
		List<X509Certificate> chain = certificates("--cert", content);
		String option = (key != null) ? "--key" : "--cert";
		PrivateKey privateKey = key(option, (key != null) ? content(option, key) : content);
		this.usage.refuseIf(!ALGORITHMS.contains(privateKey.getAlgorithm()),
				problem(option, "TLS cannot use a key of " + privateKey.getAlgorithm()));
		this.usage.refuseIf(!fits(privateKey, chain.getFirst().getPublicKey()), problem(option,
				"the key does not fit the first certificate of --cert, which must be the client's own"));
		return PemSslStore.of(chain, privateKey);
	}

	private PemContent content(String option, Path file) {
		this.usage.refuseIf(!Files.exists(file), problem(option, "there is no such file"));
		this.usage.refuseIf(Files.isDirectory(file), problem(option, "it is a directory"));
		try {
			return PemContent.load(file);
		}
		catch (IOException ex) {
			throw refusal(option, "the file cannot be read (" + ex.getClass().getSimpleName() + ")");
		}
	}

	private List<X509Certificate> certificates(String option, PemContent content) {
		try {
			return content.getCertificates();
		}
		catch (RuntimeException ex) {
			throw refusal(option, "the file has no certificate that can be read; it must be PEM");
		}
	}

	private PrivateKey key(String option, PemContent content) {
		String text = content.toString();
		this.usage.refuseIf(text.contains("BEGIN ENCRYPTED") || text.contains("4,ENCRYPTED"),
				problem(option, "the key is encrypted; decrypt it first, as openssl pkey does"));
		try {
			return Objects.requireNonNull(content.getPrivateKey());
		}
		catch (RuntimeException ex) {
			throw refusal(option, "the file has no private key that can be read; it must be PEM, as PKCS#8"
					+ (option.equals("--cert") ? ", or in the file of --key" : ""));
		}
	}

	private ParameterException refusal(String option, String problem) {
		return this.usage.refusal(problem(option, problem));
	}

	private static String problem(String option, String problem) {
		return "Invalid value for option '" + option + "': " + problem;
	}

	private static boolean fits(PrivateKey key, PublicKey certified) {
		if (key instanceof RSAKey rsa && certified instanceof RSAKey other) {
			return rsa.getModulus().equals(other.getModulus());
		}
		try {
			Signature signature = Signature
				.getInstance(key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : key.getAlgorithm());
			signature.initSign(key);
			byte[] signed = signature.sign();
			signature.initVerify(certified);
			return signature.verify(signed);
		}
		catch (GeneralSecurityException ex) {
			return false;
		}
	}

}

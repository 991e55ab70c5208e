package io.tcpecho.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.springframework.util.DigestUtils;

/**
 * The jar's application, extracted, with an AOT cache: a start takes a third of the time.
 * It is made once for a jar. Where that fails, a start is that of the jar.
 */
final class Extracted {

	/** What java runs. */
	static final List<String> APPLICATION = application();

	private static final long TIMEOUT_SECONDS = 120;

	private Extracted() {
	}

	private static List<String> application() {
		Path jar = Path.of(System.getProperty("tcp-echo.jar"));
		Path directory = jar.resolveSibling("extracted");
		Path cache = directory.resolve("tcp-echo.aot");
		Path madeOf = directory.resolve("jar.md5");
		List<String> application = List.of("-XX:AOTCache=" + cache, "-jar",
				directory.resolve(jar.getFileName()).toString());
		try {
			// Not by its time: that is always the same, for builds are reproducible.
			String digest = DigestUtils.md5DigestAsHex(Files.readAllBytes(jar));
			if (!Files.exists(madeOf) || !Files.readString(madeOf).equals(digest)) {
				Files.deleteIfExists(cache);
				java("-Djarmode=tools", "-jar", jar.toString(), "extract", "--force", "--destination",
						directory.toString());
				// With the options of those that will use it.
				java("-XX:AOTCacheOutput=" + cache, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
						"-Dspring.context.exit=onRefresh", "-Decho.port=0", "-Dserver.port=0", "-jar",
						application.getLast());
				Files.writeString(madeOf, digest);
			}
			return Files.exists(cache) ? application : List.of("-jar", jar.toString());
		}
		catch (IOException | InterruptedException ex) {
			return List.of("-jar", jar.toString());
		}
	}

	private static void java(String... arguments) throws IOException, InterruptedException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
		command.addAll(List.of(arguments));
		Process process = new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
			process.destroyForcibly();
			throw new IOException("It has failed");
		}
	}

}

package io.tcpecho.send;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * Where {@code --plot} writes: a file that is there whole or not at all, or standard
 * output.
 *
 * @param target null for standard output
 */
record PlotFile(@Nullable Path target, PrintStream out) {

	private static final Set<String> STANDARD_OUTPUT = Set.of("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1");

	/** Tries whether it can be written. */
	static PlotFile of(Usage usage, String name, PrintStream out) {
		if (isStandardOutput(name)) {
			return new PlotFile(null, out);
		}
		try {
			Path path = Path.of(name);
			// What a link leads to is replaced, and not the link.
			Path target = Files.exists(path) ? path.toRealPath() : path;
			probe(target);
			return new PlotFile(target, out);
		}
		catch (IOException | RuntimeException ex) {
			throw usage.refusal("Invalid value for option '--plot': '" + name + "' cannot be written (" + reason(ex)
					+ "); '-' is standard output");
		}
	}

	static boolean isStandardOutput(String name) {
		return STANDARD_OUTPUT.contains(name);
	}

	private static void probe(Path file) throws IOException {
		if (Files.isSymbolicLink(file)) {
			throw new FileSystemException(null, null, "it is a link that leads nowhere");
		}
		// Such as a directory, or a device: it has no whole to be replaced by.
		if (Files.exists(file) && !Files.isRegularFile(file)) {
			throw new FileSystemException(null, null, "it is no file");
		}
		if (Files.exists(file) && !Files.isWritable(file)) {
			throw new FileSystemException(null, null, "permission denied");
		}
		Files.delete(Files.createFile(beside(file)));
	}

	private static Path beside(Path file) {
		return file.resolveSibling(".tcp-echo-" + UUID.randomUUID());
	}

	/** What others see is the whole page, or what was there before. */
	void write(byte[] page) throws IOException {
		if (this.target == null) {
			this.out.write(page, 0, page.length);
			this.out.flush();
			return;
		}
		Path temporary = beside(this.target);
		try {
			// Not Files.createTempFile: nobody else could read it.
			Files.write(temporary, page, StandardOpenOption.CREATE_NEW);
			Files.move(temporary, this.target, StandardCopyOption.ATOMIC_MOVE);
		}
		finally {
			Files.deleteIfExists(temporary);
		}
	}

	/** Without the names of files, which are ours. */
	static String reason(Exception ex) {
		if (ex instanceof NoSuchFileException) {
			return "there is no such directory";
		}
		if (ex instanceof FileSystemException file && file.getReason() != null) {
			return file.getReason();
		}
		return ex.getClass().getSimpleName();
	}

}

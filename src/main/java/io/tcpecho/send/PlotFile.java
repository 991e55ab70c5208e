package io.tcpecho.send;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * Where {@code --plot} writes: a file that is there whole or not at all, a device, or
 * standard output.
 *
 * @param target null for standard output
 */
record PlotFile(@Nullable Path target, PrintStream out) {

	private static final Set<String> STANDARD_OUTPUT = Set.of("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1");

	/** As open(2) does before it says ELOOP. */
	private static final int MOST_LINKS = 40;

	/** Tries whether it can be written. */
	static PlotFile of(Usage usage, String name, PrintStream out) {
		if (isStandardOutput(name)) {
			return new PlotFile(null, out);
		}
		try {
			Path path = Path.of(name);
			PlotFile file = new PlotFile(isDevice(path) ? path : followed(path), out);
			file.probe();
			return file;
		}
		catch (IOException | RuntimeException ex) {
			throw usage.refusal("Invalid value for option '--plot': '" + name + "' cannot be written (" + reason(ex)
					+ "); '-' is standard output");
		}
	}

	static boolean isStandardOutput(String name) {
		return STANDARD_OUTPUT.contains(name);
	}

	/** What a link leads to is replaced, and not the link. */
	private static Path followed(Path path) throws IOException {
		Path target = path;
		for (int links = 0; Files.isSymbolicLink(target); links++) {
			if (links == MOST_LINKS) {
				throw new FileSystemException(null, null, "too many links");
			}
			target = target.resolveSibling(Files.readSymbolicLink(target));
		}
		return target;
	}

	private void probe() throws IOException {
		Path file = Objects.requireNonNull(this.target);
		if (Files.isDirectory(file)) {
			throw new FileSystemException(null, null, "it is a directory");
		}
		if (Files.exists(file) && !Files.isWritable(file)) {
			throw new FileSystemException(null, null, "permission denied");
		}
		if (!isDevice(file)) {
			Files.delete(Files.createFile(beside(file)));
		}
	}

	/** It has no whole to be replaced by, as /dev/null or a pipe. */
	private static boolean isDevice(Path file) {
		return Files.exists(file) && !Files.isRegularFile(file);
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
		if (isDevice(this.target)) {
			try (OutputStream device = Files.newOutputStream(this.target, StandardOpenOption.WRITE)) {
				device.write(page);
			}
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

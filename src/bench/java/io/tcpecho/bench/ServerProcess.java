package io.tcpecho.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import javax.net.SocketFactory;

/**
 * A server in a process of its own, with what the operating system says of it. It rests,
 * stopped by a signal, unless it is wanted.
 */
final class ServerProcess implements AutoCloseable {

	private static final Duration START_BOUND = Duration.ofMinutes(1);

	private static final Duration QUIET_BOUND = Duration.ofSeconds(5);

	private static final Duration QUIET = Duration.ofMillis(100);

	/** USER_HZ, in which proc(5) counts, is 100 wherever Java runs on Linux. */
	private static final int MICROS_PER_TICK = 10_000;

	private final Server server;

	private final int port;

	private final Process process;

	private final Duration timeToFirstEcho;

	private ServerProcess(Server server, int port, Process process, Duration timeToFirstEcho) {
		this.server = server;
		this.port = port;
		this.process = process;
		this.timeToFirstEcho = timeToFirstEcho;
	}

	/**
	 * Starts a server, and returns with its first echo.
	 * @param log where its output goes
	 */
	static ServerProcess start(Server server, int port, List<String> jvmOptions, Machine machine, Path log)
			throws IOException, InterruptedException {
		// Else another program would be measured.
		new ServerSocket(port).close();
		List<String> command = new ArrayList<>(machine.serverPrefix());
		command.addAll(server.launcher().command(jvmOptions, String.valueOf(port)));
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
		long start = System.nanoTime();
		Process process = builder.start();
		// Without it an interrupted benchmark would leave stopped processes behind.
		Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
		while (!echoes(server.sockets(), port)) {
			if (!process.isAlive() || System.nanoTime() - start > START_BOUND.toNanos()) {
				process.destroyForcibly();
				throw new IOException("No echo from %s; its output:%n%s".formatted(server.name(),
						String.join("\n", Files.readAllLines(log))));
			}
			// A server tells nobody that it listens: it is asked until it answers.
			Thread.sleep(1);
		}
		return new ServerProcess(server, port, process, Duration.ofNanos(System.nanoTime() - start));
	}

	private static boolean echoes(SocketFactory sockets, int port) {
		try (Socket socket = sockets.createSocket()) {
			socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
			socket.setSoTimeout((int) Duration.ofSeconds(1).toMillis());
			socket.getOutputStream().write('?');
			return socket.getInputStream().read() == '?';
		}
		catch (IOException ex) {
			return false;
		}
	}

	Server server() {
		return this.server;
	}

	int port() {
		return this.port;
	}

	Duration timeToFirstEcho() {
		return this.timeToFirstEcho;
	}

	boolean isJvm() {
		return this.process.info().command().orElse("").endsWith("java");
	}

	boolean isAlive() {
		return this.process.isAlive();
	}

	void rest() throws IOException, InterruptedException {
		signal("STOP");
	}

	void resume() throws IOException, InterruptedException {
		signal("CONT");
	}

	private void signal(String name) throws IOException, InterruptedException {
		// A shell's own kill is everywhere, the program is not.
		new ProcessBuilder("sh", "-c", "kill -%s %d".formatted(name, this.process.pid())).start().waitFor();
	}

	/** Waits until it does nothing any more, or for five seconds. */
	void awaitQuiet() throws IOException, InterruptedException {
		long start = System.nanoTime();
		double before;
		do {
			before = cpu().total();
			// What is waited for is that nothing happens.
			Thread.sleep(QUIET);
		}
		while (cpu().total() - before > MICROS_PER_TICK && System.nanoTime() - start < QUIET_BOUND.toNanos());
	}

	Cpu cpu() throws IOException {
		if (!isAlive()) {
			return new Cpu(0, 0);
		}
		String stat = Files.readString(Path.of("/proc", String.valueOf(this.process.pid()), "stat"));
		// The program's name, in parentheses, may have spaces; field 3 comes after it.
		String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
		return new Cpu(Long.parseLong(fields[14 - 3]) * MICROS_PER_TICK,
				Long.parseLong(fields[15 - 3]) * MICROS_PER_TICK);
	}

	/** Resident memory in bytes. */
	long resident() throws IOException {
		String kibibytes = Machine.value("/proc/" + this.process.pid() + "/status", "VmRSS");
		return Long.parseLong(kibibytes.split(" ", -1)[0]) * 1024;
	}

	/**
	 * Bytes that are resident, and those of them that are live objects once more: where
	 * all of the heap is resident from the start, what this grows by has been added.
	 */
	long footprint() throws IOException {
		if (!isJvm()) {
			return resident();
		}
		List<String> histogram = Machine.output(Path.of(Benchmark.property("java.home"), "bin", "jcmd").toString(),
				String.valueOf(this.process.pid()), "GC.class_histogram");
		// The last line: Total, instances, bytes.
		return resident() + Long.parseLong(histogram.getLast().split(" +", -1)[2]);
	}

	@Override
	public void close() {
		this.process.destroyForcibly();
		try {
			this.process.waitFor();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Processor time in microseconds, of all threads since the start. The kernel measures
	 * the sum and estimates how it divides.
	 */
	record Cpu(long user, long system) {

		long total() {
			return this.user + this.system;
		}

	}

}

package io.tcpecho.send;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * The {@code send} command: its options, and how often what is sent when.
 */
@Command(name = "send", mixinStandardHelpOptions = true, sortOptions = false, showDefaultValues = true,
		usageHelpWidth = 100, customSynopsis = "java -jar tcp-echo.jar send [OPTIONS] [MESSAGE]",
		header = "Sends a message to an echo service and checks its reply.",
		description = { "",
				"Standard output has the bytes of the reply, exactly as they came, and nothing else. The reply must be the "
						+ "first bytes of the message, as many as the service echoes at most, and then the stream must end. An "
						+ "empty message is an end of stream, which the service answers with one.",
				"" },
		exitCodeListHeading = "%nExit codes:%n",
		footer = { "", "A DURATION is a number with its unit: 500ms, 5s, 2m." })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
public final class SendCommand implements Callable<Integer> {

	private static final int LARGEST_MESSAGE = 16 * 1024 * 1024;

	private final InputStream in;

	private final PrintStream out;

	private final PrintStream err;

	@Spec
	private CommandSpec spec;

	@Parameters(arity = "0..1", paramLabel = "MESSAGE",
			description = "Sent as UTF-8; one that begins with a dash goes after --. Without it standard input is sent, up to its end, "
					+ "16 MiB at most.")
	private @Nullable String message;

	@Option(names = "--host", defaultValue = "localhost", paramLabel = "HOST",
			description = "Name or IP address. All addresses of a name are tried in order.")
	private String host;

	@Option(names = "--port", defaultValue = "23000", paramLabel = "PORT", description = "1 to 65535.")
	private int port;

	@Option(names = "--connect-timeout", defaultValue = "5s", paramLabel = "DURATION",
			description = "For each address, 1ms to 60s.")
	private Duration connectTimeout;

	@Option(names = "--timeout", defaultValue = "10s", paramLabel = "DURATION",
			description = "From being connected to the end of the reply, 1ms to 24h.")
	private Duration timeout;

	@Option(names = "--count", defaultValue = "1", paramLabel = "N",
			description = "Exchanges, one after the other, 1 to 1000000. Above 1 there is a summary at the end. Ctrl-C "
					+ "brings it about earlier, with exit code 130. "
					+ "The first that is not as expected decides the exit code.")
	private int count;

	@Option(names = "--interval", defaultValue = "1s", paramLabel = "DURATION",
			description = "From the start of an exchange to that of the next, 0s to 24h.")
	private Duration interval;

	@Option(names = "--max-message-size", defaultValue = "100", paramLabel = "BYTES",
			description = "The service's echo.max-message-size, 1 to 16384. More than a TCP segment may reach it in parts, of which "
					+ "it echoes the first.")
	private int maxMessageSize;

	@Option(names = "--expect", defaultValue = "echo", paramLabel = "WHAT",
			description = "echo; or refused, or unreachable (no answer, or no route), to check a policy that rejects or drops: "
					+ "then nothing is sent.")
	private Expectation expectation;

	@Option(names = "--json",
			description = "Standard output has JSON instead: a line for each exchange, the reply in Base64, and one for "
					+ "the summary.")
	private boolean json;

	@Option(names = "--quiet", description = "Standard error has failures only.")
	private boolean quiet;

	private SendCommand(InputStream in, PrintStream out, PrintStream err) {
		this.in = in;
		this.out = out;
		this.err = err;
	}

	/**
	 * Does what the arguments say.
	 * @param in the message, unless the arguments have it; left open
	 * @return the exit code
	 */
	public static int run(List<String> args, InputStream in, PrintStream out, PrintStream err) {
		CommandLine commandLine = new CommandLine(new SendCommand(in, out, err));
		commandLine.registerConverter(Duration.class, SendCommand::toDuration);
		commandLine.setCaseInsensitiveEnumValuesAllowed(true);
		// A message may begin with it.
		commandLine.setExpandAtFiles(false);
		commandLine.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
		commandLine.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
		commandLine.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
		commandLine.setParameterExceptionHandler((ex, _) -> {
			err.println(ex.getMessage() + ". 'send --help' lists the options.");
			return ExitCode.USAGE.code();
		});
		commandLine.getCommandSpec()
			.version("tcp-echo " + version())
			.exitCodeOnExecutionException(ExitCode.FAULT.code())
			.usageMessage()
			.exitCodeList(exitCodes());
		return commandLine.execute(args.toArray(String[]::new));
	}

	private static String version() {
		String version = Objects.requireNonNull(SendCommand.class.getPackage()).getImplementationVersion();
		return (version != null) ? version : "(version unknown outside its jar)";
	}

	private static Map<String, String> exitCodes() {
		Map<String, String> meanings = new LinkedHashMap<>();
		for (ExitCode exitCode : ExitCode.values()) {
			meanings.put(Integer.toString(exitCode.code()), exitCode.meaning());
		}
		return meanings;
	}

	private static Duration toDuration(String value) {
		try {
			return value.endsWith("ms") ? Duration.ofMillis(Long.parseLong(value.substring(0, value.length() - 2)))
					: Duration.parse("PT" + value);
		}
		catch (NumberFormatException | DateTimeParseException ex) {
			throw new TypeConversionException("'" + value + "' is not a duration such as 500ms, 5s or 2m");
		}
	}

	@Override
	public Integer call() throws InterruptedException {
		validate();
		byte[] bytes = (this.expectation == Expectation.ECHO) ? message() : null;
		EchoClient client = new EchoClient(this.host, this.port, this.connectTimeout, this.timeout,
				this.maxMessageSize);
		Series series = new Series(this.expectation,
				new Report(this.out, this.err, this.json, this.quiet, this.count > 1));
		Thread onCtrlC = new Thread(series::finish);
		Runtime.getRuntime().addShutdownHook(onCtrlC);
		try {
			repeat(series, client, bytes);
			ExitCode exitCode = series.finish();
			if (this.out.checkError()) {
				this.err.println("Standard output cannot be written.");
				return ExitCode.FAULT.code();
			}
			return exitCode.code();
		}
		finally {
			forget(onCtrlC);
		}
	}

	private void repeat(Series series, EchoClient client, byte @Nullable [] bytes) throws InterruptedException {
		for (int sequence = 1; sequence <= this.count; sequence++) {
			long start = System.nanoTime();
			series.add(client.exchange(bytes));
			if (sequence < this.count) {
				// The pause that the user asked for, as in ping.
				Thread.sleep(this.interval.minusNanos(System.nanoTime() - start));
			}
		}
	}

	private static void forget(Thread hook) {
		try {
			Runtime.getRuntime().removeShutdownHook(hook);
		}
		catch (IllegalStateException ex) {
			// It runs already.
		}
	}

	private void validate() {
		// An unset variable in a script; the JVM would take it for localhost.
		require(!this.host.isBlank(), "--host", "not empty");
		require(this.port >= 1 && this.port <= 65535, "--port", "1 to 65535");
		requireDuration("--connect-timeout", this.connectTimeout, Duration.ofMillis(1), Duration.ofSeconds(60));
		requireDuration("--timeout", this.timeout, Duration.ofMillis(1), Duration.ofHours(24));
		require(this.count >= 1 && this.count <= 1_000_000, "--count", "1 to 1000000");
		requireDuration("--interval", this.interval, Duration.ZERO, Duration.ofHours(24));
		require(this.maxMessageSize >= 1 && this.maxMessageSize <= 16 * 1024, "--max-message-size", "1 to 16384");
	}

	private void requireDuration(String option, Duration value, Duration least, Duration most) {
		require(value.compareTo(least) >= 0 && value.compareTo(most) <= 0, option,
				"%dms to %ds".formatted(least.toMillis(), most.toSeconds()));
	}

	private void require(boolean valid, String option, String bounds) {
		if (!valid) {
			throw usage("Invalid value for option '" + option + "': must be " + bounds);
		}
	}

	private byte[] message() {
		if (this.message != null) {
			return this.message.getBytes(StandardCharsets.UTF_8);
		}
		try {
			byte[] bytes = this.in.readNBytes(LARGEST_MESSAGE + 1);
			if (bytes.length > LARGEST_MESSAGE) {
				throw usage("Standard input has more than 16 MiB");
			}
			return bytes;
		}
		catch (IOException ex) {
			throw usage("Standard input cannot be read (" + ex.getMessage() + ")");
		}
	}

	private ParameterException usage(String problem) {
		return new ParameterException(this.spec.commandLine(), problem);
	}

}

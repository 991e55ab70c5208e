package io.tcpecho.send;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The {@code send} command: what is sent, what is expected, and how that is reported.
 */
@Command(name = "send", mixinStandardHelpOptions = true, sortOptions = false, showDefaultValues = true,
		usageHelpWidth = 100, customSynopsis = "tcp-echo send [OPTIONS] [MESSAGE]",
		header = "Sends a message to an echo service and checks its reply.",
		description = { "",
				"Standard output has the bytes of the reply, exactly as they came, and nothing else; with --count each "
						+ "reply that does not end with a newline gets one. The reply must be the "
						+ "first bytes of the message, as many as the service echoes at most, and then the stream must end. An "
						+ "empty message is an end of stream, which the service answers with one.",
				"" },
		exitCodeListHeading = "%nExit codes:%n",
		footer = { "", "A DURATION is a number with its unit: 500ms, 5s, 2m.", "",
				"A drill, which fails if there was no echo for more than a second:",
				"  tcp-echo send --host echo.example.com --parallel 8 --duration 60s --max-gap 1s hello" })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class SendCommand implements Callable<Integer> {

	private static final int LARGEST_MESSAGE = 16 * 1024 * 1024;

	private final InputStream in;

	private final PrintStream out;

	private final PrintStream err;

	@Spec
	private CommandSpec spec;

	@Parameters(arity = "0..*", showDefaultValue = Visibility.NEVER, paramLabel = "MESSAGE", hideParamSyntax = true,
			description = "Sent as UTF-8; one that begins with a dash goes after --. Without it standard input is sent, up to its end, "
					+ "16 MiB at most; a drill with --reply identity sends hello.")
	private List<String> words = List.of();

	@Mixin
	private Target target;

	@Mixin
	private Repetition repetition;

	@Option(names = "--max-message-size", defaultValue = "100", paramLabel = "BYTES",
			description = "The service's echo.max-message-size, 1 to 16384. More than a TCP segment may reach it in parts, of which "
					+ "it echoes the first.")
	private int maxMessageSize;

	@Option(names = "--reply", defaultValue = "message", paramLabel = "WHAT",
			description = "The service's echo.reply: message; or identity, one line of JSON that says who answered. The summary "
					+ "then has how often each did, and when first and last.")
	private Request.Reply reply;

	@Option(names = "--expect", defaultValue = "echo", paramLabel = "WHAT",
			description = "echo; or refused, or unreachable (no answer, or no route), to check a policy that rejects or drops: "
					+ "then nothing is sent.")
	private Ending.Expected expected;

	@Option(names = "--wait", paramLabel = "DURATION",
			description = "Begins once ten connections in a row have been taken, or after so long, 1ms to 24h: a service may still "
					+ "be starting, or a network policy not know this client yet.")
	private @Nullable Duration wait;

	@Option(names = "--json",
			description = "Standard output has JSON instead: a line for each exchange, except in a drill, with the reply in "
					+ "Base64, and a line for the summary.")
	private boolean json;

	@Option(names = "--plot", paramLabel = "FILE",
			description = "For a drill: writes a page at its end, one HTML file that needs nothing else, with its course over "
					+ "time, who answered, and the summary. - is standard output.")
	private @Nullable String plot;

	@Option(names = "--quiet", description = "Standard error has failures only.")
	private boolean quiet;

	SendCommand(InputStream in, PrintStream out, PrintStream err) {
		this.in = in;
		this.out = out;
		this.err = err;
	}

	@Override
	public Integer call() throws InterruptedException {
		Usage usage = new Usage(this.spec);
		if (this.words.size() > 1) {
			throw usage.refusal("A message is one argument. Did you mean " + Usage.meant(this.words) + "?");
		}
		this.repetition.validate(usage);
		usage.range("--max-message-size", this.maxMessageSize, 1, 16 * 1024);
		usage.range("--wait", this.wait, Duration.ofMillis(1), Duration.ofHours(24));
		usage.refuseIf(this.wait != null && this.expected != Ending.Expected.ECHO, "--wait is for --expect echo only");
		usage.refuseIf(this.plot != null && !this.repetition.isDrill(),
				"--plot is for a drill, which needs --parallel or --duration");
		usage.refuseIf(this.plot != null && this.expected != Ending.Expected.ECHO, "--plot is for --expect echo only");
		usage.refuseIf(this.plot != null && this.json && PlotFile.isStandardOutput(this.plot),
				"Standard output takes --json or --plot, not both");
		// Not in a method's signature, of which picocli would load it for whoever has
		// none.
		PlotFile plotFile = (this.plot != null) ? PlotFile.of(usage, this.plot, this.out) : null;
		// Otherwise the JVM keeps an address for 30 s, and that there is none for 10 s.
		Security.setProperty("networkaddress.cache.ttl", "1");
		Security.setProperty("networkaddress.cache.negative.ttl", "1");
		EchoClient client = this.target.client(usage);
		Request request = (this.expected == Ending.Expected.ECHO)
				? new Request(message(usage), this.maxMessageSize, this.reply) : null;
		Series series = new Series(
				() -> client.exchange(request), new Report(this.out, this.err, this.json, this.json || this.quiet,
						this.repetition, this.expected, client),
				(plotFile != null) ? Plot.of(plotFile, this.spec) : null);
		return run(client, series).code();
	}

	private byte[] message(Usage usage) {
		if (!this.words.isEmpty()) {
			return this.words.getFirst().getBytes(StandardCharsets.UTF_8);
		}
		if (this.repetition.isDrill() && this.reply == Request.Reply.IDENTITY) {
			// Its content does not matter. An empty one would get no identity, and
			// standard input, which kubectl holds open for a pod, may have no end.
			return "hello".getBytes(StandardCharsets.UTF_8);
		}
		try {
			byte[] bytes = this.in.readNBytes(LARGEST_MESSAGE + 1);
			usage.refuseIf(bytes.length > LARGEST_MESSAGE, "Standard input has more than 16 MiB");
			return bytes;
		}
		catch (IOException ex) {
			throw usage.refusal("Standard input cannot be read (" + ex.getMessage() + ")");
		}
	}

	private ExitCode run(EchoClient client, Series series) throws InterruptedException {
		if (this.wait != null) {
			client.await(this.wait);
		}
		Progress progress = new Progress(this.err, series::progress);
		Thread onCtrlC = new Thread(() -> {
			progress.close();
			series.finish(true);
		});
		Runtime.getRuntime().addShutdownHook(onCtrlC);
		if (this.repetition.isDrill() && !this.quiet && Progress.isTerminal()) {
			progress.start();
		}
		try {
			series.run();
			progress.close();
			ExitCode exitCode = series.finish(false);
			if (this.out.checkError() || series.isAbandoned()) {
				this.err.println("Standard output cannot be written.");
				return ExitCode.FAULT;
			}
			return exitCode;
		}
		finally {
			forget(onCtrlC);
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

}

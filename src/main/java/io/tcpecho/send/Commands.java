package io.tcpecho.send;

import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * What can be asked for besides the service itself.
 */
@Command(name = "tcp-echo", mixinStandardHelpOptions = true, usageHelpWidth = 100,
		customSynopsis = { "tcp-echo [--PROPERTY=VALUE...]", "   or: tcp-echo COMMAND" },
		header = "Without a command it serves, with the settings of the README, such as --echo.port=7000.",
		commandListHeading = "%nCommands:%n")
public final class Commands {

	private Commands() {
	}

	/**
	 * Does what the arguments say.
	 * @param in the message, unless the arguments have it; left open
	 */
	public static int run(List<String> args, InputStream in, PrintStream out, PrintStream err) {
		if (args.stream().anyMatch((arg) -> arg.indexOf('\uFFFD') != -1)) {
			// Java's own sign for bytes that it cannot decode. What was given is lost.
			err.println("An argument has bytes that are not " + System.getProperty("sun.jnu.encoding")
					+ ", the encoding of the locale: set LC_ALL=C.UTF-8, or send the message by standard input.");
			return ExitCode.USAGE.code();
		}
		CommandLine commandLine = new CommandLine(new Commands());
		CommandLine send = new CommandLine(new SendCommand(in, out, err));
		commandLine.addSubcommand(send);
		commandLine.addSubcommand("completion", new GenerateCompletion());
		commandLine.addSubcommand(new HelpCommand());
		Map<String, String> exitCodes = new LinkedHashMap<>();
		for (ExitCode exitCode : ExitCode.values()) {
			exitCodes.put(Integer.toString(exitCode.code()), exitCode.meaning());
		}
		send.getCommandSpec().usageMessage().exitCodeList(exitCodes);
		send.getCommandSpec().version(version());
		commandLine.getCommandSpec().version(version());
		commandLine.registerConverter(Duration.class,
				converter(Commands::toDuration, "a duration such as 500ms, 5s or 2m"));
		commandLine.registerConverter(BigDecimal.class,
				converter((value) -> new BigDecimal(value.replaceFirst("%$", "")), "a percentage such as 99.9%"));
		commandLine.registerConverter(Endpoint.class, Endpoint::parse);
		commandLine.setCaseInsensitiveEnumValuesAllowed(true);
		// A message may begin with it.
		commandLine.setExpandAtFiles(false);
		commandLine.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
		commandLine.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
		commandLine.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
		commandLine.setParameterExceptionHandler((ex, _) -> {
			// Unquoted, its words would be taken for a message, and shown.
			boolean secret = args.stream().anyMatch((arg) -> arg.contains("KEY-----"));
			err.println(
					secret ? "An argument is a private key itself: --key takes the name of its file." : explain(ex));
			return ExitCode.USAGE.code();
		});
		commandLine.setExecutionExceptionHandler((ex, _, _) -> {
			ex.printStackTrace(err);
			return ExitCode.FAULT.code();
		});
		return commandLine.execute(args.toArray(String[]::new));
	}

	private static String explain(ParameterException ex) {
		if (ex.getCommandLine().getCommandName().equals("send")) {
			return sentence(ex) + " 'send --help' lists the options.";
		}
		String unknown = (ex instanceof UnmatchedArgumentException unmatched)
				? unmatched.getUnmatched().stream().filter((word) -> !word.startsWith("-")).findFirst().orElse(null)
				: null;
		String what = (unknown == null) ? sentence(ex)
				: "There is no command '" + unknown + "'. Did you mean send, or no command at all, to serve?";
		return what + " 'tcp-echo --help' lists the commands.";
	}

	private static String sentence(ParameterException ex) {
		String message = Objects.requireNonNull(ex.getMessage());
		if (ex instanceof UnmatchedArgumentException unmatched && !unmatched.getSuggestions().isEmpty()) {
			return message + ". Did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?";
		}
		return message.endsWith("?") ? message : message + ".";
	}

	static String version() {
		String version = Objects.requireNonNull(Commands.class.getPackage()).getImplementationVersion();
		return "tcp-echo " + ((version != null) ? version : "(version unknown outside its jar)");
	}

	private static <T> ITypeConverter<T> converter(ITypeConverter<T> converter, String what) {
		return (value) -> {
			try {
				return converter.convert(value);
			}
			catch (NumberFormatException | DateTimeParseException ex) {
				throw new TypeConversionException("'" + value + "' is not " + what);
			}
		};
	}

	private static Duration toDuration(String value) {
		return value.endsWith("ms") ? Duration.ofMillis(Long.parseLong(value.substring(0, value.length() - 2)))
				: Duration.parse("PT" + value);
	}

}

package io.tcpecho;

import java.util.List;
import java.util.stream.Stream;

import io.tcpecho.send.Commands;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * Starts the echo service, or runs a command such as {@code send} if an argument is no
 * setting.
 */
@SpringBootApplication
public class EchoApplication {

	public static void main(String[] args) {
		if (!Stream.of(args).allMatch(EchoApplication::isSetting)) {
			System.exit(Commands.run(List.of(args), System.in, System.out, System.err));
		}
		SpringApplication.run(EchoApplication.class, args);
	}

	/** For Spring Boot, such as {@code --echo.port=7000}. */
	private static boolean isSetting(String argument) {
		return argument.startsWith("--") && !argument.equals("--help") && !argument.equals("--version");
	}

}

package io.tcpecho;

import java.util.List;

import io.tcpecho.send.SendCommand;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * Starts the echo service or, if the first argument is {@code send}, the command-line
 * sender.
 */
@SpringBootApplication
public class EchoApplication {

	public static void main(String[] args) {
		if (args.length > 0 && args[0].equals("send")) {
			System.exit(SendCommand.run(List.of(args).subList(1, args.length), System.in, System.out, System.err));
		}
		SpringApplication.run(EchoApplication.class, args);
	}

}

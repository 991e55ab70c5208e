package io.tcpecho;

/**
 * Starts the application where Java is new enough, and says what is missing where it is
 * not. Compiled for Java 17, which Spring Boot's launcher needs to get as far as this.
 */
public final class Start {

	private static final int NEEDED = 25;

	private Start() {
	}

	public static void main(String[] args) {
		if (Runtime.version().feature() < NEEDED) {
			System.err.println("tcp-echo needs Java " + NEEDED + ", and " + System.getProperty("java.home") + " is Java "
					+ Runtime.version().feature() + ".");
			System.exit(1);
		}
		EchoApplication.main(args);
	}

}

package io.tcpecho.server;

import org.springframework.context.ApplicationContextException;

/**
 * The port could not be opened; its cause says why.
 */
public final class CannotListenException extends ApplicationContextException {

	private static final long serialVersionUID = 1L;

	CannotListenException(Throwable cause) {
		super("Cannot listen", cause);
	}

}

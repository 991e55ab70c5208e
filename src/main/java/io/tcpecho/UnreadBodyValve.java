package io.tcpecho;

import java.io.IOException;
import java.util.Set;

import jakarta.servlet.ServletException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;

/**
 * Keeps Tomcat's threads from waiting for bodies. A request to read, such as GET, is
 * refused if it has one, because Spring would read it, and it means nothing there (RFC
 * 9110, 9.3). Any other that fails with its body unread is answered, and the connection
 * closed, because Tomcat would read the rest.
 */
final class UnreadBodyValve extends ValveBase {

	private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS");

	UnreadBodyValve() {
		// Asynchronous requests pass.
		super(true);
	}

	@Override
	public void invoke(Request request, Response response) throws IOException, ServletException {
		if (SAFE.contains(request.getMethod()) && !request.getCoyoteRequest().isFinished()) {
			response.sendError(Response.SC_BAD_REQUEST);
		}
		else {
			getNext().invoke(request, response);
		}
		// The action makes a failure of a success that is not yet sent.
		if (response.getStatus() >= Response.SC_BAD_REQUEST && !request.getCoyoteRequest().isFinished()) {
			request.getCoyoteRequest().action(ActionCode.DISABLE_SWALLOW_INPUT, null);
		}
	}

}

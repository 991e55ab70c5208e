package io.tcpecho;

import java.io.IOException;

import jakarta.servlet.ServletException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;

/**
 * Lets no thread of Tomcat wait for a body that nobody reads: the connection is closed
 * when the request has been answered, and a GET that has one is refused at once, for it
 * means nothing there (RFC 9110, 9.3.1).
 */
final class UnreadBodyValve extends ValveBase {

	UnreadBodyValve() {
		super(true);
	}

	@Override
	public void invoke(Request request, Response response) throws IOException, ServletException {
		if (request.getMethod().equals("GET") && !request.getCoyoteRequest().isFinished()) {
			response.sendError(Response.SC_BAD_REQUEST);
		}
		else {
			getNext().invoke(request, response);
		}
		if (!request.getCoyoteRequest().isFinished()) {
			request.getCoyoteRequest().action(ActionCode.DISABLE_SWALLOW_INPUT, null);
		}
	}

}

/**
 * TLS on accepted sockets: {@link io.tcpecho.tls.Tls} shakes hands, and
 * {@link io.tcpecho.tls.TlsSession} is what it has come to. It knows nothing of
 * connections.
 */
@NullMarked
package io.tcpecho.tls;

import org.jspecify.annotations.NullMarked;

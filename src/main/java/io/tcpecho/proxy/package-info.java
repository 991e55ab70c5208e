/**
 * The PROXY protocol: {@link io.tcpecho.proxy.ProxyHeader} reads a header from a stream,
 * and knows nothing else.
 */
@NullMarked
package io.tcpecho.proxy;

import org.jspecify.annotations.NullMarked;

/**
 * What all use, and what uses nothing: {@link io.tcpecho.settings.EchoProperties} has
 * every setting.
 */
@NullMarked
package io.tcpecho.settings;

import org.jspecify.annotations.NullMarked;

/**
 * A start that fails says why, and what to do. {@link io.tcpecho.startup.SettingsCheck}
 * refuses a bad setting before anything starts,
 * {@link io.tcpecho.startup.ListenFailureAnalyzer} explains a port that can't be opened.
 * All of it is named in {@code META-INF/spring.factories}, or in the logging's file.
 */
@NullMarked
package io.tcpecho.startup;

import org.jspecify.annotations.NullMarked;

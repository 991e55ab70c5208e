/**
 * What keeps Actuator answering probes and scrapes under attack: start with
 * {@link io.tcpecho.actuator.ActuatorProtocol}. Without this package Actuator is Spring
 * Boot's.
 */
@NullMarked
package io.tcpecho.actuator;

import org.jspecify.annotations.NullMarked;

/**
 * The benchmark: what an echo costs, next to what people would use instead.
 */
@NullMarked
package io.tcpecho.bench;

import org.jspecify.annotations.NullMarked;

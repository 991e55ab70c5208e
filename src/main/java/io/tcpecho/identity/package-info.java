/**
 * The reply of {@code echo.reply=identity}: who answers, and what it has seen of its
 * client. {@link io.tcpecho.identity.IdentityHandler} is all of it.
 */
@NullMarked
package io.tcpecho.identity;

import org.jspecify.annotations.NullMarked;

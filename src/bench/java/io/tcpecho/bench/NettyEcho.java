package io.tcpecho.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;

/**
 * Plain Netty: {@code NettyEcho PORT BACKLOG LIMIT TRANSPORT}. One event loop for each
 * processor.
 */
@Sharable
final class NettyEcho extends ChannelInboundHandlerAdapter {

	static void main(String[] args) throws InterruptedException {
		int port = Integer.parseInt(args[0]);
		int backlog = Integer.parseInt(args[1]);
		int limit = Integer.parseInt(args[2]);
		Transport transport = Transport.valueOf(args[3]);
		int processors = Runtime.getRuntime().availableProcessors();
		EventLoopGroup eventLoops = new MultiThreadIoEventLoopGroup(processors, transport.handlers());
		ServerBootstrap bootstrap = new ServerBootstrap();
		bootstrap.group(eventLoops);
		bootstrap.channel(transport.serverChannel());
		bootstrap.option(ChannelOption.SO_BACKLOG, backlog);
		// One read decides, as everywhere here.
		bootstrap.childOption(ChannelOption.RECVBUF_ALLOCATOR,
				new FixedRecvByteBufAllocator(limit).maxMessagesPerRead(1));
		bootstrap.childHandler(new NettyEcho());
		Channel server = bootstrap.bind(port).sync().channel();
		server.closeFuture().sync();
	}

	@Override
	public void channelRead(ChannelHandlerContext client, Object message) {
		client.writeAndFlush(message).addListener(ChannelFutureListener.CLOSE);
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext client, Throwable cause) {
		var _ = client.close();
	}

	/**
	 * What is between Netty and the kernel.
	 */
	enum Transport {

		/** The JDK's selector, everywhere. */
		NIO,
		/** Native, Linux. */
		EPOLL,
		/** Native, Linux, where nothing forbids its system calls. */
		IO_URING;

		boolean isAvailable() {
			return switch (this) {
				case NIO -> true;
				case EPOLL -> Epoll.isAvailable();
				case IO_URING -> IoUring.isAvailable();
			};
		}

		private IoHandlerFactory handlers() {
			return switch (this) {
				case NIO -> NioIoHandler.newFactory();
				case EPOLL -> EpollIoHandler.newFactory();
				case IO_URING -> IoUringIoHandler.newFactory();
			};
		}

		private Class<? extends ServerSocketChannel> serverChannel() {
			return switch (this) {
				case NIO -> NioServerSocketChannel.class;
				case EPOLL -> EpollServerSocketChannel.class;
				case IO_URING -> IoUringServerSocketChannel.class;
			};
		}

	}

}

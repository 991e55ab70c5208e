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
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;

/**
 * Plain Netty: {@code NettyEcho PORT BACKLOG LIMIT}. One event loop for each processor,
 * and the JDK's selector as with its portable transport.
 */
@Sharable
final class NettyEcho extends ChannelInboundHandlerAdapter {

	static void main(String[] args) throws InterruptedException {
		int port = Integer.parseInt(args[0]);
		int backlog = Integer.parseInt(args[1]);
		int limit = Integer.parseInt(args[2]);
		int processors = Runtime.getRuntime().availableProcessors();
		EventLoopGroup eventLoops = new MultiThreadIoEventLoopGroup(processors, NioIoHandler.newFactory());
		ServerBootstrap bootstrap = new ServerBootstrap();
		bootstrap.group(eventLoops);
		bootstrap.channel(NioServerSocketChannel.class);
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

}

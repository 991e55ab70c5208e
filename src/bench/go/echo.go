// A goroutine for each client: echo PORT LIMIT TIMEOUT [CERTIFICATE KEY]. It does what the wire contract asks for: reads
// once, echoes, half-closes, and reads on until the client closes or has had enough of its time and ours.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"
)

const (
	lingerBytes   = 64 << 10
	lingerTimeout = time.Second
	acceptPause   = 10 * time.Millisecond
)

func main() {
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "echo PORT LIMIT TIMEOUT [CERTIFICATE KEY]:", err)
		os.Exit(1)
	}
}

func serve(args []string) error {
	if len(args) != 3 && len(args) != 5 {
		return fmt.Errorf("%d arguments", len(args))
	}
	limit, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	timeout, err := time.ParseDuration(args[2])
	if err != nil {
		return err
	}
	var config *tls.Config
	if len(args) == 5 {
		certificate, err := tls.LoadX509KeyPair(args[3], args[4])
		if err != nil {
			return err
		}
		config = &tls.Config{Certificates: []tls.Certificate{certificate}}
	}
	// Go asks for the longest backlog that the kernel allows.
	server, err := net.Listen("tcp", ":"+args[0])
	if err != nil {
		return err
	}
	for {
		client, err := server.Accept()
		if err != nil {
			// Without a pause it would spin while there is no descriptor left.
			time.Sleep(acceptPause)
			continue
		}
		go echo(client.(*net.TCPConn), config, limit, timeout)
	}
}

type stream interface {
	io.ReadWriter
	CloseWrite() error
}

func echo(socket *net.TCPConn, config *tls.Config, limit int, timeout time.Duration) {
	defer socket.Close()
	var client stream = socket
	if config != nil {
		client = tls.Server(socket, config)
	}
	buffer := make([]byte, limit)
	socket.SetReadDeadline(time.Now().Add(timeout))
	count, err := client.Read(buffer)
	if err != nil {
		return
	}
	if _, err := client.Write(buffer[:count]); err != nil {
		return
	}
	if err := client.CloseWrite(); err != nil {
		return
	}
	if config != nil {
		// That was close_notify.
		socket.CloseWrite()
	}
	socket.SetReadDeadline(time.Now().Add(lingerTimeout))
	io.CopyN(io.Discard, socket, lingerBytes)
}

# The seed's server: echo.py PORT BACKLOG LIMIT
import socket, sys

port, backlog, limit = map(int, sys.argv[1:])
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("", port))
server.listen(backlog)
while True:
    client, _ = server.accept()
    client.send(client.recv(limit))
    client.close()

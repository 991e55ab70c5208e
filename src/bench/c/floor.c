/*
 * The floor: floor PORT BACKLOG LIMIT. What the wire contract asks of the kernel, with as little around it as can be: one
 * thread and epoll. A connection is accepted, read once, answered and half closed; 10 ms later what the client still
 * sent is read once, and the descriptor closed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LINGER_MS = 10, BATCH = 64, EVENTS = 256, DESCRIPTORS = 1 << 16 };

struct lingering {
	int fd;
	int64_t until;
};

/* A ring in the order of time. Each descriptor is in it at most once, so it cannot overflow. */
static struct lingering ring[DESCRIPTORS];
static unsigned first, next;

static int64_t milliseconds(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int fail(const char *what) {
	perror(what);
	return EXIT_FAILURE;
}

/* Returns whether the connection is done with; if not, its message is still to come. */
static int exchange(int client, char *buffer, size_t limit) {
	ssize_t length = recv(client, buffer, limit, 0);
	if (length < 0 && errno == EAGAIN) {
		return 0;
	}
	if (length <= 0 || send(client, buffer, (size_t) length, MSG_NOSIGNAL) < 0) {
		close(client);
		return 1;
	}
	shutdown(client, SHUT_WR);
	ring[next++ % DESCRIPTORS] = (struct lingering) { client, milliseconds() + LINGER_MS };
	return 1;
}

static void accept_batch(int poll, int server, char *buffer, size_t limit) {
	for (int i = 0; i < BATCH; i++) {
		int client = accept4(server, NULL, NULL, SOCK_NONBLOCK);
		if (client < 0) {
			return;
		}
		if (client >= DESCRIPTORS) {
			close(client);
		}
		else if (!exchange(client, buffer, limit)) {
			struct epoll_event readable = { .events = EPOLLIN, .data.fd = client };
			epoll_ctl(poll, EPOLL_CTL_ADD, client, &readable);
		}
	}
}

int main(int argc, char **argv) {
	if (argc != 4) {
		fprintf(stderr, "floor PORT BACKLOG LIMIT\n");
		return EXIT_FAILURE;
	}
	size_t limit = (size_t) atol(argv[3]);
	char *buffer = malloc(limit);
	int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int on = 1;
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t) atoi(argv[1])) };
	if (bind(server, (struct sockaddr *) &address, sizeof address) != 0 || listen(server, atoi(argv[2])) != 0) {
		return fail("listen");
	}
	int poll = epoll_create1(0);
	struct epoll_event acceptable = { .events = EPOLLIN, .data.fd = server };
	if (buffer == NULL || epoll_ctl(poll, EPOLL_CTL_ADD, server, &acceptable) != 0) {
		return fail("epoll");
	}
	struct epoll_event events[EVENTS];
	for (;;) {
		int count = epoll_wait(poll, events, EVENTS, (first == next) ? -1 : LINGER_MS);
		for (int i = 0; i < count; i++) {
			int ready = events[i].data.fd;
			if (ready == server) {
				accept_batch(poll, server, buffer, limit);
			}
			else {
				epoll_ctl(poll, EPOLL_CTL_DEL, ready, NULL);
				if (!exchange(ready, buffer, limit)) {
					epoll_ctl(poll, EPOLL_CTL_ADD, ready, &(struct epoll_event) { .events = EPOLLIN, .data.fd = ready });
				}
			}
		}
		int64_t now = (first == next) ? 0 : milliseconds();
		while (first != next && ring[first % DESCRIPTORS].until <= now) {
			int fd = ring[first++ % DESCRIPTORS].fd;
			recv(fd, buffer, limit, 0);
			close(fd);
		}
	}
}
